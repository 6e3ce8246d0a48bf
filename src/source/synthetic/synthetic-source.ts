/**
 * A source that makes its records up, for the demo and for tests: weeks of history as fast as it goes, then live
 * windows at a steady pace, a day compressed into less than a minute, with labelled faults. Seeded: equal options
 * make equal records.
 */
import type { Clock } from "../../base/clock.ts";
import { Pauses } from "../../base/pauses.ts";
import { hashText, type Random, seededRandom } from "../../base/random.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import type { SourceContext } from "../context.ts";
import type { DeadLetter, PartitionEnd, RecordBatch, RecordSource, SourceHandler } from "../contract.ts";
import { DEMO_FAULTS, type Fault, faultsAt } from "./faults.ts";
import type { SyntheticOptions } from "./options.ts";
import { DEMO_LANES, drawFeatures, expectedRecords, poisson, type SyntheticLane } from "./population.ts";

/** What the source makes besides what its options say; the demo's own by default. */
export interface SyntheticWorld {
  readonly lanes?: readonly SyntheticLane[];
  readonly faults?: readonly Fault[];
  /** Told when a fault begins. */
  readonly onFault?: (fault: Fault, startMs: number) => void;
}

const TOPIC = "synthetic";
/** Windows in one batch of the history. */
const HISTORY_BATCH_WINDOWS = 8;

export class SyntheticSource implements RecordSource {
  readonly name: string;
  readonly finished: Promise<void>;
  readonly #options: SyntheticOptions;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  readonly #onFault: SyntheticWorld["onFault"];
  readonly #windowSizeMs: number;
  readonly #startMs: number;
  readonly #lanes: readonly SyntheticLane[];
  readonly #faults: readonly Fault[];
  readonly #stop = new AbortController();
  #settle!: { finish: () => void; fail: (error: unknown) => void };
  #stopped: Promise<void> = Promise.resolve();
  #offset = 0;
  #nextWindow = 0;

  constructor(name: string, options: SyntheticOptions, context: SourceContext, world: SyntheticWorld = {}) {
    this.name = name;
    this.#options = options;
    this.#clock = context.clock;
    this.#telemetry = context.telemetry;
    this.#onFault = world.onFault;
    this.#lanes = world.lanes ?? DEMO_LANES;
    this.#faults = world.faults ?? DEMO_FAULTS;
    this.#windowSizeMs = options.windowMinutes * 60_000;
    this.#startMs = windowFloor(Date.parse(options.start), this.#windowSizeMs);
    this.finished = new Promise((finish, fail) => {
      this.#settle = { finish, fail };
    });
    this.finished.catch(() => {});
  }

  /** Event time up to which records have been made: the demo's own "now". */
  get nowMs(): number {
    return this.#startMs + this.#nextWindow * this.#windowSizeMs;
  }

  async start(handler: SourceHandler): Promise<void> {
    await handler.assigned([{ topic: TOPIC, partition: 0, offset: 0 }]);
    this.#stopped = this.#run(handler).then(this.#settle.finish, this.#settle.fail);
  }

  async #run(handler: SourceHandler): Promise<void> {
    const { historyWindows, liveWindowsMax = Number.POSITIVE_INFINITY, windowEveryMs } = this.#options;
    const pauses = new Pauses(this.#clock);
    while (this.#nextWindow < historyWindows && !this.#stop.signal.aborted) {
      if (pauses.isDue) await pauses.take();
      const windows = Math.min(HISTORY_BATCH_WINDOWS, historyWindows - this.#nextWindow);
      await this.#deliver(handler, windows);
    }
    while (this.#nextWindow < historyWindows + liveWindowsMax && !this.#stop.signal.aborted) {
      await this.#clock.sleep(windowEveryMs, this.#stop.signal);
      if (!this.#stop.signal.aborted) await this.#deliver(handler, 1);
    }
    await handler.revoked();
  }

  async #deliver(handler: SourceHandler, windows: number): Promise<void> {
    const lines: Buffer[] = [];
    for (let i = 0; i < windows; i++) lines.push(...this.#windowLines(this.#nextWindow++));
    const batch = batchOf(this.#offset, lines);
    this.#offset = batch.endOffset;
    await handler.batch(batch, { isStale: () => this.#stop.signal.aborted, heartbeat: async () => {} });
  }

  /** The records of one window over all lanes, in event-time order. */
  #windowLines(window: number): Buffer[] {
    const { seed, historyWindows } = this.#options;
    const windowSizeMs = this.#windowSizeMs;
    const windowStartMs = this.#startMs + window * windowSizeMs;
    const records: { ts: number; line: Buffer }[] = [];
    for (const lane of this.#lanes) {
      const random = seededRandom(hashText(`${seed}|${lane.swimlane}|${lane.source}|${window}`));
      const liveWindow = window - historyWindows;
      const faults = faultsAt(this.#faults, lane.swimlane, liveWindow);
      this.#tellFaults(faults, lane, liveWindow, windowStartMs);
      for (const ts of arrivals(lane, windowStartMs, windowSizeMs, faults, random)) {
        const features = drawFeatures(random);
        for (const fault of faults) fault.alter?.(features, random);
        const record = { ts, swimlane: lane.swimlane, source: lane.source, features };
        records.push({ ts, line: Buffer.from(JSON.stringify(record)) });
      }
    }
    return records.sort((a, b) => a.ts - b.ts).map((record) => record.line);
  }

  #tellFaults(faults: readonly Fault[], lane: SyntheticLane, liveWindow: number, startMs: number): void {
    const before = faultsAt(this.#faults, lane.swimlane, liveWindow - 1);
    for (const fault of faults) if (!before.includes(fault)) this.#onFault?.(fault, startMs);
  }

  async commit(): Promise<void> {}

  async partitionEnds(): Promise<readonly PartitionEnd[]> {
    return [{ topic: TOPIC, partition: 0, startOffset: 0, endOffset: this.#offset }];
  }

  async keepDeadLetters(letters: readonly DeadLetter[]): Promise<void> {
    for (const { offset, reason, detail } of letters) {
      this.#telemetry.log("warn", "a synthetic record could not be counted as data", {
        offset,
        reason,
        detail,
      });
    }
  }

  pause(): void {}

  resume(): void {}

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#stopped;
  }
}

function windowFloor(timeMs: number, sizeMs: number): number {
  return Math.floor(timeMs / sizeMs) * sizeMs;
}

function arrivals(
  lane: SyntheticLane,
  startMs: number,
  sizeMs: number,
  faults: readonly Fault[],
  random: Random,
): number[] {
  const keepShare = faults.reduce((share, fault) => share * (fault.keepShare ?? 1), 1);
  const count = poisson(random, expectedRecords(lane, startMs) * keepShare);
  return Array.from({ length: count }, () => startMs + Math.floor(random() * sizeMs)).sort((a, b) => a - b);
}

function batchOf(startOffset: number, lines: readonly Buffer[]): RecordBatch {
  const endOffset = startOffset + lines.length;
  return {
    topic: TOPIC,
    partition: 0,
    startOffset,
    endOffset,
    endLogOffset: endOffset,
    forEach(visit) {
      for (const [i, line] of lines.entries()) visit(startOffset + i, Number.NaN, line, 0, line.length);
    },
  };
}
