/**
 * A source's handler that keeps what it was given, as segments would: what is folded and not yet cut is dropped at a
 * new assignment, and cut at the end of every batch.
 */
import type {
  BatchControl,
  PartitionPosition,
  RecordBatch,
  RecordSource,
  SourceHandler,
} from "../../src/source/contract.ts";

export interface Cut {
  readonly key: string;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly values: readonly string[];
  readonly jumped: number;
  readonly lost: number;
}

export class RecordingHandler implements SourceHandler {
  readonly cuts: Cut[] = [];
  readonly assignments: (readonly PartitionPosition[])[] = [];
  revokedCount = 0;
  /** What is folded and not yet cut, by partition. */
  readonly #open = new Map<string, Cut>();
  source: RecordSource | undefined;
  commits = true;
  /** Asked when the group has no usable commit. */
  resume: (topic: string, partition: number) => number | undefined = () => undefined;
  /** The id of each topic's log, as the last assignment told it: shared by handlers, it is what a store would keep. */
  logIds = new Map<string, string>();
  /** Runs inside a batch, before it is cut. */
  during: (batch: RecordBatch, control: BatchControl) => Promise<void> = async () => {};

  async assigned(positions: readonly PartitionPosition[]): Promise<void> {
    this.assignments.push(positions);
    this.#open.clear();
    for (const { topic, partition, offset, logId } of positions) {
      const key = `${topic}/${partition}`;
      if (logId !== undefined) this.logIds.set(key, logId);
      this.#open.set(key, emptyCut(key, offset));
    }
  }

  async revoked(): Promise<void> {
    this.revokedCount++;
  }

  async resumeOffset(topic: string, partition: number): Promise<number | undefined> {
    return this.resume(topic, partition);
  }

  async otherLogId(topic: string, partition: number, logId: string): Promise<string | undefined> {
    const known = this.logIds.get(`${topic}/${partition}`);
    return known === logId ? undefined : known;
  }

  async batch(batch: RecordBatch, control: BatchControl): Promise<void> {
    const key = `${batch.topic}/${batch.partition}`;
    const open = this.#open.get(key);
    if (open === undefined) throw new Error(`a batch of ${key}, which was never assigned`);
    const cut = fold(open, batch);
    this.#open.set(key, cut);
    await this.during(batch, control);
    if (control.isStale()) return; // folded, but not cut: only a new assignment can put that right
    this.cuts.push(cut);
    this.#open.set(key, emptyCut(key, cut.endOffset));
    if (this.commits) await this.source?.commit(batch.topic, batch.partition, batch.endOffset);
  }

  /** All values, in the order they came. */
  values(): string[] {
    return this.cuts.flatMap(({ values }) => values);
  }

  /** The n of every `{"n": …}`. */
  numbers(): number[] {
    return this.values().map((value) => (JSON.parse(value) as { n: number }).n);
  }

  /** Ends of the cuts by partition. */
  ends(): Record<string, number> {
    return Object.fromEntries(this.cuts.map(({ key, endOffset }) => [key, endOffset]));
  }
}

function emptyCut(key: string, offset: number): Cut {
  return { key, startOffset: offset, endOffset: offset, values: [], jumped: 0, lost: 0 };
}

function fold(open: Cut, batch: RecordBatch): Cut {
  const values = [...open.values];
  let next = open.endOffset;
  const lost = Math.max(0, Math.min(batch.startOffset, batch.logStartOffset ?? 0) - next);
  let jumped = open.jumped - lost;
  batch.forEach((offset, _, bytes, start, end) => {
    if (offset < next) throw new Error(`${open.key}: offset ${offset} after ${next}`);
    jumped += offset - next;
    values.push(start < 0 ? "" : bytes.toString("utf8", start, end));
    next = offset + 1;
  });
  jumped += batch.endOffset - next;
  return { ...open, endOffset: batch.endOffset, values, jumped, lost: open.lost + lost };
}

/**
 * True when the cuts of several handlers, laid over each other, cover every offset of `[from, to)`: the path of
 * segments.md, walked the simple way.
 */
export function reaches(cuts: readonly Cut[], key: string, from: number, to: number): boolean {
  const own = cuts.filter((cut) => cut.key === key);
  const seen = new Set<number>();
  const open = [from];
  while (open.length > 0) {
    const at = open.pop() as number;
    if (at === to) return true;
    if (seen.has(at)) continue;
    seen.add(at);
    for (const cut of own) if (cut.startOffset === at && cut.endOffset > at) open.push(cut.endOffset);
  }
  return false;
}
