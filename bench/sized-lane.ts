/** One lane judged at its own window size and at larger ones side by side, as the service does, without a store. */
import { LaneAuditor } from "../src/audit/lane-auditor.ts";
import type { LaneMemory } from "../src/audit/lane-memory.ts";
import type { LaneAuditorOptions } from "../src/audit/lane-options.ts";
import { decodeMemory, encodeMemory } from "../src/audit/memory-codec.ts";
import type { NamedReference } from "../src/audit/reference/named-reference.ts";
import { coarserStartMs, mergeCoarser } from "../src/rollup/coarser.ts";
import type { CompleteWindow } from "../src/rollup/complete-window.ts";
import type { VerdictRow } from "../src/store/contract.ts";
import { alertsOf } from "./drift/alerts.ts";

interface Size {
  readonly windowSizeMs: number;
  readonly auditor: LaneAuditor;
  /** Windows of the size below that belong to the open window, and the features that they alerted. */
  parts: CompleteWindow[];
  alerted: Set<string>;
}

export type SizedMemory = readonly string[];

export class SizedLane {
  readonly #sizes: readonly Size[];

  /** @param optionsOf what the auditor of each size is told. @param sizesMs the lane's own first, each a multiple of the one before */
  constructor(
    optionsOf: (windowSizeMs: number) => LaneAuditorOptions,
    sizesMs: readonly number[],
    memory?: SizedMemory,
  ) {
    this.#sizes = sizesMs.map((windowSizeMs, i) => ({
      windowSizeMs,
      auditor: new LaneAuditor(
        optionsOf(windowSizeMs),
        memory === undefined ? undefined : decodeMemory<LaneMemory>(memory[i]!),
      ),
      parts: [],
      alerted: new Set(),
    }));
  }

  /** To go on from, any number of times; taken at the end of the largest window. */
  memory(): SizedMemory {
    return this.#sizes.map(({ auditor }) => encodeMemory(auditor.memory()));
  }

  /** Verdicts on the window, and on the larger ones that end with it. */
  audit(complete: CompleteWindow, references: readonly NamedReference[] = []): VerdictRow[] {
    return this.#audit(0, complete, references, new Set());
  }

  #audit(
    index: number,
    complete: CompleteWindow,
    references: readonly NamedReference[],
    alerted: ReadonlySet<string>,
  ): VerdictRow[] {
    const rows = [...this.#sizes[index]!.auditor.audit(complete, references, alerted)];
    const next = this.#sizes[index + 1];
    if (next === undefined) return rows;
    next.parts.push(complete);
    for (const feature of [...alerted, ...alertsOf(rows).map((row) => row.feature)])
      next.alerted.add(feature);
    const { swimlane, source, windowStartMs, windowSizeMs } = complete.window;
    const startMs = coarserStartMs(windowStartMs, next.windowSizeMs);
    if (windowStartMs + windowSizeMs < startMs + next.windowSizeMs) return rows;
    const target = { swimlane, source, windowStartMs: startMs, windowSizeMs: next.windowSizeMs };
    const merged = mergeCoarser({ ...target, revision: 1, mergedAtMs: 0 }, next.parts);
    const said = next.alerted;
    next.parts = [];
    next.alerted = new Set();
    rows.push(...this.#audit(index + 1, merged, references, said));
    return rows;
  }
}
