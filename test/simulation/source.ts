/**
 * One process's `RecordSource` over the simulated broker. It behaves as src/source/kafka does where the handler can
 * tell: assignments, positions, lost offsets, stale batches, revocation that sometimes does not come.
 */
import { OperationalError } from "../../src/base/errors.ts";
import type {
  BatchControl,
  DeadLetter,
  PartitionEnd,
  PartitionPosition,
  RecordBatch,
  RecordSource,
  SourceHandler,
} from "../../src/source/contract.ts";
import { refuseReplaced } from "../../src/source/kafka/positions.ts";
import type { Broker, GroupMember } from "./broker.ts";
import type { LogRecord, PartitionLog } from "./log.ts";
import type { Life, World } from "./world.ts";

interface Assignment {
  readonly generation: number;
  isOver: boolean;
}

interface Fetched {
  readonly generation: number;
  readonly isMember: boolean;
  readonly logStart: number;
  readonly logEnd: number;
  readonly records: readonly LogRecord[];
  readonly endOffset: number;
  /** The broker has no such offset: its log ends before it. */
  readonly isBeyond: boolean;
}

export class SimulatedSource implements RecordSource {
  readonly name = "simulated";
  readonly finished: Promise<void>;
  /** Where brokers tell topic ids. */
  readonly confirmLogs?: () => Promise<void>;
  readonly #world: World;
  readonly #broker: Broker;
  readonly #life: Life;
  readonly #handling = new Set<Promise<void>>();
  #reject: (error: unknown) => void = () => {};
  #handler: SourceHandler | undefined;
  #member: GroupMember | undefined;
  #assignment: Assignment = { generation: -1, isOver: true };
  /** Of the topic that was assigned last, once it is certain that paths go on in it. */
  #logId: string | undefined;
  #isStopping = false;

  constructor(world: World, broker: Broker, life: Life) {
    this.#world = world;
    this.#broker = broker;
    this.#life = life;
    this.finished = new Promise((_, reject) => {
      this.#reject = reject;
    });
    this.finished.catch(() => {});
    if (broker.logId !== undefined) this.confirmLogs = () => this.#confirmLogs();
  }

  async start(handler: SourceHandler): Promise<void> {
    this.#handler = handler;
    this.#member = await this.#insist("join", () => this.#broker.join(this.#life.name));
    this.#run().catch((error: unknown) => this.#reject(error));
  }

  /** As with Kafka, a commit leaves on its own time and nobody waits for it. */
  async commit(_topic: string, partition: number, endOffset: number): Promise<void> {
    const { generation } = this.#assignment;
    this.#ask("commit", () => this.#broker.commit(generation, partition, endOffset)).catch(() => {});
  }

  partitionEnds(): Promise<PartitionEnd[]> {
    return this.#ask("ends", () =>
      this.#broker.partitions.map(({ topic, partition, startOffset, nextOffset }) => ({
        topic,
        partition,
        startOffset,
        endOffset: nextOffset,
        ...(this.#broker.logId === undefined ? {} : { logId: this.#broker.logId }),
      })),
    );
  }

  /** What was fetched before this is asked, and is found well, was of the log that was assigned. */
  async #confirmLogs(): Promise<void> {
    const logId = this.#logId;
    if (logId === undefined) return;
    const now = await this.#ask("log id", () => this.#broker.logId);
    if (now !== logId)
      await this.#refuseReplaced({ topic: this.#broker.topic, partition: 0, offset: 0 }, logId);
  }

  #refuseReplaced(position: PartitionPosition, knownLogId: string): Promise<void> {
    const looking = { ask: { ends: () => this.partitionEnds() }, clock: this.#world.clockOf(this.#life) };
    return refuseReplaced(looking, new AbortController().signal, position, knownLogId);
  }

  keepDeadLetters(_letters: readonly DeadLetter[]): Promise<void> {
    return this.#ask("dead letters", () => {});
  }

  pause(): void {}
  resume(): void {}

  /** Sent away with notice (SIGTERM): cuts, writes, commits, leaves. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#assignment.isOver = true;
    await this.#idle();
    await this.#handler?.revoked();
    await this.#ask("leave", () => this.#broker.leave(this.#member!)).catch(() => {});
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      const assignment = await this.#assigned();
      if (this.#places.size === 0) await this.#world.clockOf(this.#life).sleep(5_000);
      await Promise.all([...this.#places.values()].map((place) => this.#read(assignment, place)));
      await this.#idle();
      // A rebalance that is announced leaves time to cut; one that is not, none. Nothing may rest on it.
      if (!this.#isStopping && this.#world.chance(0.5)) await this.#handler!.revoked();
    }
  }

  readonly #places = new Map<number, { readonly log: PartitionLog; nextOffset: number }>();

  async #assigned(): Promise<Assignment> {
    const { assigned, generation, commits, logId } = await this.#insist("assignment", () => {
      if (!this.#broker.heartbeat(this.#member!)) this.#member = this.#broker.join(this.#life.name);
      const mine = this.#broker.assignment(this.#member!);
      return {
        assigned: mine.map((partition) => this.#broker.partitions[partition]!),
        generation: this.#broker.generation,
        commits: new Map(this.#broker.commits),
        logId: this.#broker.logId,
      };
    });
    const assignment = { generation, isOver: false };
    this.#assignment = assignment;
    this.#places.clear();
    const positions: PartitionPosition[] = [];
    for (const log of assigned) {
      const { topic, partition } = log;
      const resumed = (await this.#resume(log)) ?? commits.get(partition);
      const position = { topic, partition, offset: resumed ?? log.startOffset };
      if (logId === undefined) positions.push(position);
      else {
        await this.#refuseOther(position, logId);
        positions.push({ ...position, logId });
      }
      this.#places.set(partition, { log, nextOffset: positions.at(-1)!.offset });
    }
    this.#world.note(
      `${this.#life.name} reads ${positions.map(({ partition, offset }) => `${partition} from ${offset}`).join(", ")}`,
    );
    if (positions.length > 0) this.#logId = logId;
    await this.#handler!.assigned(positions);
    return assignment;
  }

  /** A log of which the store has, or may have, another one under its name is not read. */
  async #refuseOther(position: PartitionPosition, logId: string): Promise<void> {
    const { topic, partition } = position;
    const other = await this.#stored(() => this.#handler!.otherLogId!(topic, partition, logId));
    if (other !== undefined) await this.#stored(() => this.#refuseReplaced(position, other));
  }

  #resume({ topic, partition }: PartitionLog): Promise<number | undefined> {
    return this.#stored(() => this.#handler!.resumeOffset(topic, partition));
  }

  /** The handler asks the store, which may be away: until it answers there is no place to begin at. */
  async #stored<T>(question: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await question();
      } catch (error) {
        if (!(error instanceof OperationalError && error.retryable)) throw error;
        await this.#world.clockOf(this.#life).sleep(1_000);
      }
    }
  }

  async #read(
    assignment: Assignment,
    place: { readonly log: PartitionLog; nextOffset: number },
  ): Promise<void> {
    const clock = this.#world.clockOf(this.#life);
    while (!assignment.isOver) {
      const fetched = await this.#fetch(place);
      if (fetched === undefined) {
        await clock.sleep(2_000);
        continue;
      }
      if (!fetched.isMember || fetched.generation !== assignment.generation) {
        assignment.isOver = true;
        return;
      }
      if (this.#logId !== undefined && (fetched.isBeyond || fetched.logStart > place.nextOffset))
        await this.#stored(() => this.#confirmLogs());
      const batch = batchOf(place.log, place.nextOffset, fetched);
      if (batch === undefined) {
        await clock.sleep(this.#world.between(6_000, 16_000));
        continue;
      }
      if (batch.logStartOffset !== undefined)
        place.log.lostRanges.push([place.nextOffset, batch.logStartOffset]);
      await this.#deliver(assignment, batch);
      place.nextOffset = batch.endOffset;
      await clock.sleep(this.#world.between(1_000, 9_000));
    }
  }

  #fetch(place: { readonly log: PartitionLog; nextOffset: number }): Promise<Fetched | undefined> {
    const { nextOffset } = place;
    const { partition } = place.log;
    const count = this.#world.between(1, 16);
    return this.#ask(`fetch ${partition}`, () => {
      // By its name: whatever log has it now.
      const log = this.#broker.partitions[partition]!;
      let endOffset = Math.max(nextOffset, log.startOffset);
      // Brokers hand out whole compressed batches: records before the offset that was asked for may come along.
      const records =
        count % 4 === 0 ? [...log.range(Math.max(log.startOffset, endOffset - 3), endOffset)] : [];
      const earlier = records.length;
      for (const record of log.range(endOffset, log.nextOffset)) {
        if (records.length - earlier === count) break;
        records.push(record);
        endOffset = record.offset + 1;
      }
      return {
        isMember: this.#broker.heartbeat(this.#member!),
        generation: this.#broker.generation,
        logStart: log.startOffset,
        logEnd: log.nextOffset,
        records,
        endOffset: Math.max(nextOffset, records.length - earlier < count ? log.nextOffset : endOffset),
        isBeyond: nextOffset > log.nextOffset,
      };
    }).catch(() => undefined);
  }

  async #deliver(assignment: Assignment, batch: RecordBatch): Promise<void> {
    const control: BatchControl = {
      isStale: () => assignment.isOver,
      heartbeat: () =>
        this.#ask("heartbeat", () => {
          if (!this.#broker.heartbeat(this.#member!)) assignment.isOver = true;
        }).catch(() => {}),
    };
    const work = this.#handler!.batch(batch, control);
    const settled = work.catch(() => {});
    this.#handling.add(settled);
    await work.finally(() => this.#handling.delete(settled));
  }

  async #idle(): Promise<void> {
    while (this.#handling.size > 0) await Promise.all(this.#handling);
  }

  async #insist<T>(what: string, effect: () => T): Promise<T> {
    for (;;) {
      try {
        return await this.#ask(what, effect);
      } catch {
        await this.#world.clockOf(this.#life).sleep(1_000);
      }
    }
  }

  #ask<T>(what: string, effect: () => T): Promise<T> {
    return this.#world.request(this.#life, "broker", `${what} by ${this.#life.name}`, effect);
  }
}

/** What follows `nextOffset`; what retention took comes first, as a batch without records. */
function batchOf(log: PartitionLog, nextOffset: number, fetched: Fetched): RecordBatch | undefined {
  const { topic, partition } = log;
  const place = { topic, partition, endLogOffset: fetched.logEnd };
  if (fetched.logStart > nextOffset) {
    const at = fetched.logStart;
    return { ...place, startOffset: at, endOffset: at, logStartOffset: at, forEach: () => {} };
  }
  if (fetched.endOffset === nextOffset) return undefined;
  const { records } = fetched;
  return {
    ...place,
    startOffset: records[0]?.offset ?? fetched.endOffset,
    endOffset: fetched.endOffset,
    forEach: (visit) => {
      for (const { offset, logTimeMs, value } of records)
        visit(offset, logTimeMs, value ?? NOTHING, value === null ? -1 : 0, value?.length ?? 0);
    },
  };
}

const NOTHING = Buffer.alloc(0);
