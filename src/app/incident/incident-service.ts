/** What judged windows make of the incidents, and telling people about it. One writer for all lanes. */
import type { Clock } from "../../base/clock.ts";
import { withDeadline } from "../../base/deadline.ts";
import { errorText, OperationalError } from "../../base/errors.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import { IncidentBook } from "../../incident/incident-book.ts";
import type { IncidentOptions } from "../../incident/options.ts";
import type { PartitionEnd } from "../../source/contract.ts";
import type { IncidentRow, Store, VerdictRow, WindowRow } from "../../store/contract.ts";
import { verdictName } from "../../store/verdict-key.ts";
import { onceVisible } from "../once-visible.ts";
import { windowCounts } from "./window-counts.ts";

/** A window and its verdicts, as far as incidents are concerned. */
export interface WindowVerdicts {
  readonly window: Pick<WindowRow, "swimlane" | "source" | "windowStartMs" | "windowSizeMs">;
  readonly verdicts: readonly VerdictRow[];
}

export interface IncidentServiceOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly incidents: Partial<IncidentOptions>;
  /** Tells people; resolves once told or safely queued. */
  readonly deliver: (changed: readonly IncidentRow[]) => Promise<void>;
  /** Where the log's partitions end now: asked only when a volume is anomalous, to tell our own lag. @default not asked */
  readonly partitionEnds?: () => Promise<readonly PartitionEnd[]>;
  /** Told of every change, in order (replay's output). */
  readonly onIncidents?: (changed: readonly IncidentRow[]) => void;
  /** Told of verdicts that joined an incident. */
  readonly onJoined?: (verdicts: readonly VerdictRow[]) => void;
}

/** Longest that the broker is asked for the ends of its partitions, before an incident goes out without them. */
const ENDS_MS_MAX = 2_000;
/** Longest wait at a start for the store to show what it acknowledged. */
const SHOWN_MS_MAX = 60_000;
const NOT_SHOWN = "INCIDENT_ROWS_NOT_VISIBLE";
/** Resolved incidents younger than this are remembered over a restart, for data that comes late. */
const RESOLVED_KEPT_MS = 86_400_000;

export class IncidentService {
  readonly #options: IncidentServiceOptions;
  #book: IncidentBook;
  #observing: Promise<void> = Promise.resolve();
  /** What followed from the windows observed and is not written yet: by verdict, and by incident and state in their order. */
  readonly #joined = new Map<string, VerdictRow>();
  readonly #changed = new Map<string, IncidentRow>();

  constructor(options: IncidentServiceOptions) {
    this.#options = options;
    this.#book = new IncidentBook(options.incidents);
  }

  /** Takes up the incidents that the store knows. To be called once, before the first window. */
  async restore(): Promise<void> {
    await this.#allShown();
    const live = await this.#options.store.readIncidents({ states: ["pending", "open", "acknowledged"] });
    const resolved = await this.#options.store.readIncidents({
      states: ["resolved"],
      descending: true,
      limit: 1_000,
    });
    const newestMs = Math.max(
      0,
      ...live.map((row) => row.changedAtMs),
      ...resolved.map((row) => row.changedAtMs),
    );
    const recent = resolved.filter((row) => row.changedAtMs >= newestMs - RESOLVED_KEPT_MS);
    this.#book = new IncidentBook(this.#options.incidents, [...live, ...recent]);
  }

  /**
   * Until the store shows all that the process before this one wrote: whoever does not know of an incident begins it
   * again under another name, and pages again. A store that does not come to it holds up no page for ever.
   */
  async #allShown(): Promise<void> {
    const { store, clock, telemetry } = this.#options;
    const { acknowledged } = await store.incidentWriteCount();
    const look = async () => {
      const { shown } = await store.incidentWriteCount();
      if (shown < acknowledged) throw notShown(shown, acknowledged);
    };
    try {
      await onceVisible(clock, look, undefined, SHOWN_MS_MAX);
    } catch (error) {
      if (!(error instanceof OperationalError && error.code === NOT_SHOWN)) throw error;
      telemetry.log("warn", "incidents are taken over unread; one of them may be told twice", {
        error: errorText(error),
      });
    }
  }

  /** True while something that follows from what was observed has not been written and told. */
  get hasUnwritten(): boolean {
    return this.#joined.size > 0 || this.#changed.size > 0;
  }

  live(): readonly IncidentRow[] {
    return this.#book.live();
  }

  /** Takes over what people did through the API since the last call. */
  async adopt(): Promise<void> {
    if (this.#book.live().length === 0) return;
    this.#book.adopt(
      await this.#options.store.readIncidents({
        states: ["acknowledged", "resolved"],
        descending: true,
        limit: 1_000,
      }),
    );
  }

  /**
   * Observes judged windows in event-time order, writes what changed, and tells people. One call after another: what
   * is written last must be what was observed last.
   */
  observe(windows: readonly WindowVerdicts[]): Promise<void> {
    const mine = this.#observing.catch(() => {}).then(() => this.#observe(windows));
    this.#observing = mine;
    return mine;
  }

  async #countsOf(window: WindowVerdicts["window"], verdicts: readonly VerdictRow[]) {
    if (!verdicts.some(isVolumeLoss)) return undefined;
    try {
      return await windowCounts(this.#options.store, window, await this.#ends());
    } catch (error) {
      this.#options.telemetry.log("warn", COUNTS_UNREAD, { error: errorText(error) });
      return undefined;
    }
  }

  /** A broker that does not answer soon leaves our lag unknown; it must not hold up the page. */
  async #ends(): Promise<readonly PartitionEnd[] | undefined> {
    const { partitionEnds } = this.#options;
    if (partitionEnds === undefined) return undefined;
    return await withDeadline(partitionEnds(), ENDS_MS_MAX).catch(() => undefined);
  }

  async #observe(windows: readonly WindowVerdicts[]): Promise<void> {
    for (const { window, verdicts } of [...windows].sort(compareByEnd)) {
      const counts = await this.#countsOf(window, verdicts);
      const observed = this.#book.observe(window, verdicts, counts);
      for (const verdict of observed.verdicts)
        if (verdict.incidentId !== "") this.#joined.set(verdictName(verdict), verdict);
      // Every state is written and told in its order: an incident may open and resolve within one call.
      for (const row of observed.incidents) {
        this.#changed.set(`${row.id}|${row.state}`, row);
        this.#options.onIncidents?.([row]);
      }
    }
    await this.#writeOut();
  }

  /** The book has gone on: what a store that fails did not take, or nobody was told of, comes again with the next call. */
  async #writeOut(): Promise<void> {
    const { store, deliver, onJoined } = this.#options;
    const joined = [...this.#joined.values()];
    if (joined.length > 0) await store.writeVerdicts(joined);
    onJoined?.(joined);
    this.#joined.clear();
    if (this.#changed.size === 0) return;
    const changed = [...this.#changed.values()];
    await store.writeIncidents(changed);
    await deliver(changed);
    this.#changed.clear();
  }
}

/** The evidence of one window is worth little beside the page itself: a store that cannot give it delays none. */
const COUNTS_UNREAD =
  "the counts behind a missing volume could not be read; the incident names no cause from them";

function notShown(shown: number, acknowledged: number): OperationalError {
  return new OperationalError("the store does not show all the incidents that it acknowledged yet", {
    code: NOT_SHOWN,
    retryable: true,
    context: { shown, acknowledged },
  });
}

function isVolumeLoss({ feature, detector, answer, severity }: VerdictRow): boolean {
  return feature === "*" && detector === "volume" && answer === "anomalous" && severity !== "info";
}

function compareByEnd(a: WindowVerdicts, b: WindowVerdicts): number {
  const byEnd =
    a.window.windowStartMs + a.window.windowSizeMs - (b.window.windowStartMs + b.window.windowSizeMs);
  if (byEnd !== 0) return byEnd;
  if (a.window.swimlane !== b.window.swimlane) return a.window.swimlane < b.window.swimlane ? -1 : 1;
  return a.window.source < b.window.source ? -1 : 1;
}
