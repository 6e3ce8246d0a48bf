/**
 * What is there to say of one window of one lane and source? Every detector on every feature, metric and on the
 * record count, held to the lane's own past and to its page budget.
 *
 * Synchronous, deterministic, and pure but for its own memory: the same windows in the same order give the same
 * rows, which is how a restarted worker goes on and how a late revision is judged again from an earlier memory.
 */
import { invariant } from "../base/errors.ts";
import type { CompleteWindow } from "../rollup/complete-window.ts";
import type { FeedbackRow, VerdictRow } from "../store/contract.ts";
import { type AuditedLane, type AuditedWindow, eventsIn } from "./audited-lane.ts";
import { LaneBudget } from "./budget/lane-budget.ts";
import { hearFeedback, tolerated } from "./feedback.ts";
import { auditFeatures, noteAudited } from "./lane-features.ts";
import { emptyLaneMemory, type LaneMemory } from "./lane-memory.ts";
import type { LaneAuditorOptions } from "./lane-options.ts";
import { auditSeries } from "./lane-series.ts";
import { judgeLimits } from "./limits.ts";
import type { NamedReference } from "./reference/named-reference.ts";
import { judgeReferences } from "./reference/reference-audit.ts";

const NO_FEATURES: ReadonlySet<string> = new Set();

export class LaneAuditor {
  readonly #lane: AuditedLane;

  /** @param memory of an earlier auditor with the same options; it is handed over. */
  constructor(options: LaneAuditorOptions, memory: LaneMemory = emptyLaneMemory()) {
    this.#lane = {
      options,
      // A memory that an older release wrote may lack what came later.
      memory: { ...emptyLaneMemory(), ...memory },
      series: options.detectors.filter((detector) => detector.input === "series"),
      distributions: options.detectors.filter((detector) => detector.input === "distribution"),
    };
  }

  /** Start of the newest window judged; −Infinity before the first. */
  get lastWindowStartMs(): number {
    return this.#lane.memory.lastWindowStartMs;
  }

  /** The live memory, not a copy: encode it before auditing on. */
  memory(): LaneMemory {
    return this.#lane.memory;
  }

  /**
   * Judges a window and learns from it. Windows come in order, each once.
   * @param references what it is held to beside its own past; they share the lane's page budget.
   * @param alerted features of which a smaller window within this one has alerted: nothing more is alerted of them.
   */
  audit(
    complete: CompleteWindow,
    references: readonly NamedReference[] = [],
    alerted: ReadonlySet<string> = NO_FEATURES,
  ): readonly VerdictRow[] {
    const { options, memory } = this.#lane;
    const { windowStartMs, recordCount } = complete.window;
    invariant(windowStartMs > memory.lastWindowStartMs, "windows are audited in order, each once");
    memory.lastWindowStartMs = windowStartMs;
    const knownEvents = eventsIn(options, complete.window);
    const muted = knownEvents.length > 0;
    const audited: AuditedWindow = { complete, references, alerted, knownEvents, muted };
    const budget = new LaneBudget(this.#lane, audited);
    const rows = auditSeries(this.#lane, audited, budget);
    if (recordCount > 0) {
      rows.push(...auditFeatures(this.#lane, audited, budget));
      rows.push(...this.#heldTo(audited, budget));
      noteAudited(this.#lane);
    }
    // An owner's own limits hold whatever was said of an incident.
    const limits = judgeLimits(complete, options.limits ?? [], memory, muted);
    return [...tolerated(rows, memory.feedback), ...limits];
  }

  /**
   * Holds a window that was judged before to references that were not there then; nothing else is judged again.
   * @param come those references.
   * @param all that the window is held to, `come` among them: they share the lane's page budget.
   */
  holdTo(
    complete: CompleteWindow,
    come: readonly NamedReference[],
    all: readonly NamedReference[],
  ): readonly VerdictRow[] {
    const knownEvents = eventsIn(this.#lane.options, complete.window);
    const muted = knownEvents.length > 0;
    // The window's own budget, not that of the newest one, which a restarted auditor has not seen.
    const budget = new LaneBudget(this.#lane, { references: all, knownEvents });
    return tolerated(this.#heldTo({ complete, references: come, muted }, budget), this.#lane.memory.feedback);
  }

  /** The page budget is the swimlane's: all of its sources, each of which has an auditor of its own, share it alike. */
  shareAmong(sourceCount: number): void {
    this.#lane.memory.sourceCount = sourceCount;
  }

  /** Takes in what people have said of the lane's incidents; to be called before each window that it may concern. */
  hear(feedback: readonly FeedbackRow[], windowStartMs: number): void {
    hearFeedback(this.#lane.memory, feedback, this.#lane.options, windowStartMs);
  }

  #heldTo(
    { complete: { window, profiles }, references, muted }: Omit<AuditedWindow, "alerted" | "knownEvents">,
    budget: LaneBudget,
  ): VerdictRow[] {
    const { options, memory, distributions } = this.#lane;
    memory.references ??= {};
    return judgeReferences({
      window,
      profiles,
      references,
      memory: memory.references,
      features: memory.features,
      laneTails: memory.tails,
      detectors: distributions,
      detectorOptions: options.detectorOptions,
      kindOf: (feature) => options.features?.[feature]?.kind,
      ...budget.ofFeatures(),
      muted,
    });
  }
}
