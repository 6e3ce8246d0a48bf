/** The loops of the role `control`: what has been written is merged and handed to the audits, and held against the log's ends. */
import type { Clock } from "../../base/clock.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import type { RecordSource } from "../../source/contract.ts";
import type { Supervisor } from "../supervisor.ts";
import type { Watch } from "../watch.ts";
import { PathMetrics } from "./path-metrics.ts";
import type { RecentEnds } from "./recent-ends.ts";

/** From a merged window to a verdict in at most a few of these. */
const TICK_MS = 300;
/** A window is merged only once the broker has confirmed its partitions after it was passed. */
const ENDS_EVERY_MS = 1_000;
/** How often a stretch of the last day's windows is held against their segments again. */
const RECONCILE_MS = 10_000;

const ASKING_FOR_ENDS = "asking for the ends of partitions";

export interface MergingParts {
  readonly watch: Watch;
  readonly ends: RecentEnds;
  readonly sources: readonly RecordSource[];
  /** False where only this process can write segments, and hands them on itself. */
  readonly readsSegmentsFromStore: boolean;
  readonly supervisor: Supervisor;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export class Merging {
  readonly #parts: MergingParts;
  readonly #pathMetrics: PathMetrics;

  constructor(parts: MergingParts) {
    this.#parts = parts;
    this.#pathMetrics = new PathMetrics(parts.watch.rollup, parts.telemetry);
  }

  async start(): Promise<void> {
    const { supervisor, watch } = this.#parts;
    const { rollups } = watch;
    // What this process itself writes it hands on; what was written before it began is in the store only.
    await supervisor.patiently("reading the newest segments", async () => {
      while ((await rollups.poll()) > 0);
    });
    supervisor.every(TICK_MS, "merging and judging", () => this.#step());
    supervisor.every(ENDS_EVERY_MS, ASKING_FOR_ENDS, () => this.observeEnds());
    supervisor.every(RECONCILE_MS, "holding merged windows against their segments", () =>
      rollups.reconcile(),
    );
  }

  /** Which partitions there are and where they end; what was passed when it was asked may be released then. */
  async observeEnds(): Promise<void> {
    const { sources, watch, ends } = this.#parts;
    for (const source of sources) {
      const asking = watch.rollups.asking();
      const found = await ends.ask(source);
      await watch.rollups.observeEnds(source.name, found, asking);
      this.#pathMetrics.observeEnds(found);
    }
  }

  async #step(): Promise<void> {
    const { readsSegmentsFromStore, supervisor, watch, clock } = this.#parts;
    // What has just been read may complete a window: the brokers are asked at once, not at the next turn. One that is
    // away holds up no merging.
    if (readsSegmentsFromStore && (await watch.rollups.poll()) > 0)
      await Promise.race([
        supervisor.guarded(ASKING_FOR_ENDS, () => this.observeEnds()),
        clock.sleep(TICK_MS, supervisor.signal),
      ]);
    await watch.tick();
  }
}
