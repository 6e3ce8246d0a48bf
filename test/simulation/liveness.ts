/** What must be so when the faults have stopped for long enough: all is read, merged and judged, or refused with the reason. */
import { VERDICT_ROWS, WINDOW_ROWS } from "../../src/store/rows.ts";
import { VERDICTS, WINDOWS } from "../../src/store/schema.ts";
import type { Broker } from "./broker.ts";
import type { Checks } from "./checks.ts";
import type { Fleet } from "./fleet.ts";
import { type WindowTruth, windowKey } from "./log.ts";
import type { Pages } from "./pages.ts";
import { IDLE_TIMEOUT_MS, LANE, type Surroundings, WINDOW_MS } from "./processes.ts";
import { LANES } from "./producers.ts";
import type { SimulatedDatabase } from "./tables.ts";
import { START_MS, type World } from "./world.ts";

/** A record is in its window, revised or not, after so long without faults. */
const SETTLING_MS = 130_000;

export class Liveness {
  readonly #world: World;
  readonly #broker: Broker;
  readonly #database: SimulatedDatabase;
  readonly #fleet: Fleet;
  readonly #checks: Checks;
  readonly #pages: Pages;

  constructor({ world, broker, database }: Surroundings, fleet: Fleet, checks: Checks, pages: Pages) {
    this.#world = world;
    this.#broker = broker;
    this.#database = database;
    this.#fleet = fleet;
    this.#checks = checks;
    this.#pages = pages;
  }

  /** To be called at the end of a run without a failure so far. */
  check(): void {
    if (this.#broker.isCounted) this.#mustBeJudged();
    else this.#mustBeRefused();
  }

  /** Whoever reads was told, and nothing beyond the log that was counted is in the store. */
  #mustBeRefused(): void {
    const { isFormerKnown, partitions } = this.#broker;
    // Of an empty topic there is nothing to count, and nothing that could be taken for another's.
    if (!isFormerKnown && partitions.every(({ nextOffset }) => nextOffset === 0)) return;
    if (!isFormerKnown)
      this.#world.fail("nobody reads the topic that is there now, and the store never heard of another");
    if (this.#fleet.refusalCount === 0)
      this.#world.fail("the topic was made again, and no process ended with that");
    for (const log of this.#broker.countedLogs) {
      const end = this.#checks.tiledTo(log);
      if (end > log.nextOffset)
        this.#world.fail(`partition ${log.partition} is tiled to ${end}, its log ended at ${log.nextOffset}`);
    }
  }

  /** Every window that is over, late data included, with its verdict; every real drop paged once. */
  #mustBeJudged(): void {
    const database = this.#database;
    for (const log of this.#broker.partitions) {
      const end = this.#checks.tiledTo(log);
      const due = log.records.find(({ logTimeMs }) => logTimeMs > this.#world.nowMs - SETTLING_MS)?.offset;
      // Offsets without a record are no gap: what follows a jump may be young, and the jump is read with it.
      const unread = [...log.range(end, due ?? log.nextOffset)].length;
      const isRead = log.nextOffset === log.startOffset || end >= (due ?? log.nextOffset) || unread === 0;
      if (!isRead) this.#world.fail(`partition ${log.partition} is tiled to ${end} of ${log.nextOffset}`);
    }
    const windows = new Map(
      [...database.all(WINDOWS)]
        .map(WINDOW_ROWS.fromCells)
        .map((row) => [windowKey(row.swimlane, row.windowStartMs), row]),
    );
    const verdicts = new Map(
      [...database.all(VERDICTS)]
        .map(VERDICT_ROWS.fromCells)
        .filter(({ feature, detector }) => feature === "*" && detector === "halved")
        .map((row) => [windowKey(row.swimlane, row.windowStartMs), row]),
    );
    // A late record says nothing of the time and starts its partition's idle time-out again: one window more for that.
    const untilMs = this.#world.nowMs - IDLE_TIMEOUT_MS - LANE.allowedLatenessMs - 3 * WINDOW_MS;
    // A topic that was made again before anything was counted begins there.
    const fromMs = this.#broker.replacedMs ?? START_MS;
    // What came last may still be on its way; it may be in, and everything before it must be.
    const settled = new Map<string, WindowTruth>();
    const all = new Map<string, WindowTruth>();
    for (const log of this.#broker.partitions) {
      const settledTo = log.records.find(
        ({ logTimeMs }) => logTimeMs > this.#world.nowMs - SETTLING_MS,
      )?.offset;
      log.windows(log.firstOffset, settledTo ?? log.nextOffset, WINDOW_MS, [], settled);
      log.windows(0, log.nextOffset, WINDOW_MS, [], all);
    }
    for (const lane of LANES)
      for (let startMs = START_MS; startMs < untilMs; startMs += WINDOW_MS) {
        const key = windowKey(lane, startMs);
        const window = windows.get(key);
        const [least, most] = [settled.get(key)?.count ?? 0, all.get(key)?.count ?? 0];
        if (window === undefined) {
          if (least > 0 || startMs > fromMs + 2 * WINDOW_MS)
            this.#world.fail(`window ${key} was never merged`);
          continue;
        }
        const isRight = window.recordCount >= least && window.recordCount <= most;
        if (!isRight && !this.#checks.anyLost)
          this.#world.fail(
            `window ${key} ended with ${window.recordCount} records (revision ${window.revision}), the log has ${least}`,
          );
        if (verdicts.get(key) === undefined && !this.#cameAfter(key, windowKey(lane, startMs + WINDOW_MS)))
          this.#world.fail(`window ${key} was never judged`);
      }
    this.#pages.mustBeSent();
    this.#pages.mustBeRecorded(database);
  }

  /** Late records of before a lane's first window make one that nobody waits for: judging goes on from the first. */
  #cameAfter(key: string, nextKey: string): boolean {
    const { first } = this.#checks;
    return (first.get(key)?.atMs ?? 0) > (first.get(nextKey)?.atMs ?? Number.POSITIVE_INFINITY);
  }
}
