/**
 * A simulated broker and its consumer group. The group gives each partition to one member, a new generation at every
 * change; a member that is stopped, slow or cut off learns of it late and goes on with what it has: a zombie.
 * Commits are only hints here too: they get lost, come late, expire and are rewound.
 */
import { PartitionLog } from "./log.ts";
import type { World } from "./world.ts";

export interface GroupMember {
  readonly id: number;
  readonly name: string;
  lastSeenMs: number;
}

/** A member that is not heard of for so long loses its partitions. */
const SESSION_MS = 25_000;

export class Broker {
  readonly world: World;
  readonly topic = "records";
  /** The logs that are there now. */
  readonly partitions: PartitionLog[] = [];
  /** The logs that paths may count: of the first topic, and what was added since; or of the second, see {@link count}. */
  readonly countedLogs: PartitionLog[] = [];
  /** Of the topic that the store's paths are of, once the store was told so. */
  countedLogId: string | undefined;
  /** What tells the topic from one of its name that was deleted; `undefined` with brokers that tell none. */
  logId: string | undefined;
  /** When the topic was deleted and made again. */
  replacedMs: number | undefined;
  /** Nobody sends it anything: what was made again may stay as it is for long. */
  isSilent = false;
  /** Committed offsets; a partition without one is read from where the handler says. */
  readonly commits = new Map<number, number>();
  readonly #members = new Map<number, GroupMember>();
  readonly #toldIds = new Set<string>();
  #generation = 0;
  #memberIds = 0;
  /** Told of every commit that arrives, whatever becomes of it. */
  onCommit: (partition: number, endOffset: number) => void = () => {};
  /** Told once, when the store is given the first word of a topic's id, which it may show much later. */
  onTold: () => void = () => {};
  /** How long a group goes without a partition that was added: its members look at the topic now and then. */
  dealtAfterMs = 0;
  #dealtCount = 0;
  /** Share of commits that vanish. */
  commitLoss = 0;

  constructor(world: World, partitionCount: number) {
    this.world = world;
    for (let i = 0; i < partitionCount; i++) this.#newLog();
    this.#dealtCount = partitionCount;
  }

  get generation(): number {
    return this.#generation;
  }

  get isReplaced(): boolean {
    return this.replacedMs !== undefined;
  }

  /** Whether the logs that are there now are the ones that paths may count. */
  get isCounted(): boolean {
    return !this.isReplaced || this.countedLogId === this.logId;
  }

  /**
   * The store was told of which topic its paths are, before it has any segment of them.
   * @returns false when it was told of another one before.
   */
  count(logId: string): boolean {
    this.told(logId);
    if (this.countedLogId === undefined && this.isReplaced && logId === this.logId)
      this.countedLogs.splice(0, this.countedLogs.length, ...this.partitions);
    this.countedLogId ??= logId;
    return this.countedLogId === logId;
  }

  /** The store was told of the topic that was deleted, at least that somebody begins to count it. */
  get isFormerKnown(): boolean {
    return [...this.#toldIds].some((logId) => logId !== this.logId);
  }

  /** The store was told that somebody begins to count this topic. */
  told(logId: string): void {
    if (this.#toldIds.size === 0) this.onTold();
    this.#toldIds.add(logId);
  }

  addPartition(): void {
    const log = this.#newLog();
    this.world.after(this.dealtAfterMs, () => {
      this.#dealtCount = Math.max(this.#dealtCount, log.partition + 1);
      this.rebalance(`partition ${log.partition} was added`);
    });
  }

  join(name: string): GroupMember {
    const member = { id: this.#memberIds++, name, lastSeenMs: this.world.nowMs };
    this.#members.set(member.id, member);
    this.rebalance(`${name} joins`);
    return member;
  }

  leave(member: GroupMember): void {
    if (this.#members.delete(member.id)) this.rebalance(`${member.name} leaves`);
  }

  rebalance(why: string): void {
    this.#generation++;
    this.world.note(`group generation ${this.#generation}: ${why}`);
  }

  /** @returns false when the group has given the member up. */
  heartbeat(member: GroupMember): boolean {
    this.#evict();
    if (!this.#members.has(member.id)) return false;
    member.lastSeenMs = this.world.nowMs;
    return true;
  }

  /** Partitions of a member in the current generation. */
  assignment(member: GroupMember): readonly number[] {
    this.#evict();
    const ids = [...this.#members.keys()];
    const place = ids.indexOf(member.id);
    if (place < 0) return [];
    const shift = this.#generation % ids.length;
    return Array.from({ length: this.#dealtCount }, (_, i) => i).filter(
      (i) => (i + shift) % ids.length === place,
    );
  }

  /**
   * Deletes the topic and makes it again under its name: other logs from offset 0 on, another id, as many partitions. Members that
   * read it notice only by what they fetch, until the group looks at the topic again.
   * @param keepsCommits false where the broker forgets the group's commits with the topic.
   * @param noticedMsMax until the group has looked at the topic again.
   */
  remakeTopic(keepsCommits: boolean, noticedMsMax: number): void {
    this.replacedMs = this.world.nowMs;
    this.logId = "log-2";
    if (!keepsCommits) this.commits.clear();
    for (const { partition } of this.partitions)
      this.partitions[partition] = new PartitionLog(this.topic, partition);
    this.world.note("the topic is deleted and made again");
    const noticedAfterMs = this.world.between(0, noticedMsMax);
    this.world.after(noticedAfterMs, () => this.rebalance("the topic was deleted and made again"));
  }

  /** Refused, without a word, from a member of an earlier generation. */
  commit(generation: number, partition: number, endOffset: number): void {
    this.onCommit(partition, endOffset);
    if (generation !== this.#generation || this.world.chance(this.commitLoss)) return;
    this.commits.set(partition, endOffset);
  }

  /** Retention: the oldest records of a partition go, read or not. */
  truncate(log: PartitionLog, toOffset: number): void {
    this.world.note(`partition ${log.partition} now begins at ${toOffset}`);
    log.startOffset = Math.max(log.startOffset, Math.min(toOffset, log.nextOffset));
  }

  #newLog(): PartitionLog {
    const log = new PartitionLog(this.topic, this.partitions.length);
    this.partitions.push(log);
    this.countedLogs.push(log);
    return log;
  }

  #evict(): void {
    for (const member of this.#members.values()) {
      if (this.world.nowMs - member.lastSeenMs <= SESSION_MS) continue;
      this.#members.delete(member.id);
      this.rebalance(`${member.name} is not heard of`);
    }
  }
}
