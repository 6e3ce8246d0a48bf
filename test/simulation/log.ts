/** The simulated topic: what producers appended to each partition, and from it the truth that everything is held to. */
import { type OutcomeCounts, type RECORD_OUTCOMES, zeroOutcomes } from "../../src/decode/outcome.ts";

export type Outcome = (typeof RECORD_OUTCOMES)[number];

export interface LogRecord {
  readonly offset: number;
  readonly logTimeMs: number;
  readonly value: Buffer | null;
  readonly outcome: Outcome;
  readonly eventMs: number;
  readonly lane: string;
  readonly x: number;
  /** Highest event time before it in its partition: tells whether it was on time. */
  readonly watermarkBeforeMs: number;
}

/** What a window holds over some offsets. */
export interface WindowTruth {
  count: number;
  min: number;
  max: number;
}

export class PartitionLog {
  readonly topic: string;
  readonly partition: number;
  startOffset = 0;
  nextOffset = 0;
  readonly records: LogRecord[] = [];
  /** Ranges that were gone when some reader asked for them. */
  readonly lostRanges: (readonly [from: number, to: number])[] = [];
  /** Records before it were gone before the store had anything of this partition: it begins here, as a new topic does. */
  firstOffset = 0;
  #watermarkMs = Number.NEGATIVE_INFINITY;
  appendedMs = Number.NEGATIVE_INFINITY;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  append(record: Omit<LogRecord, "offset" | "watermarkBeforeMs">): LogRecord {
    const placed = { ...record, offset: this.nextOffset++, watermarkBeforeMs: this.#watermarkMs };
    this.records.push(placed);
    this.appendedMs = record.logTimeMs;
    if (record.outcome === "ok") this.#watermarkMs = Math.max(this.#watermarkMs, record.eventMs);
    return placed;
  }

  /** Offsets that hold no record: a transaction's marker, or what compaction took. */
  jump(count: number): void {
    this.nextOffset += count;
  }

  /** Index of the first record at or after `offset`. */
  indexOf(offset: number): number {
    let low = 0;
    let high = this.records.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.records[middle]!.offset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  *range(from: number, to: number): Iterable<LogRecord> {
    for (let i = this.indexOf(from); i < this.records.length && this.records[i]!.offset < to; i++)
      yield this.records[i]!;
  }

  /** @param lost parts of the range that the reader found deleted. */
  outcomes(from: number, to: number, lost: readonly (readonly [number, number])[] = []): OutcomeCounts {
    const outcomes = zeroOutcomes();
    for (const [lostFrom, lostTo] of lost) outcomes.lost += lostTo - lostFrom;
    let records = 0;
    for (const record of this.range(from, to)) {
      if (isIn(record.offset, lost)) continue;
      outcomes[record.outcome]++;
      records++;
    }
    outcomes.jumped = to - from - records - outcomes.lost;
    return outcomes;
  }

  /** Adds up the range's records by window and lane. */
  windows(
    from: number,
    to: number,
    windowSizeMs: number,
    lost: readonly (readonly [number, number])[] = [],
    sums = new Map<string, WindowTruth>(),
  ): Map<string, WindowTruth> {
    for (const record of this.range(from, to)) {
      if (record.outcome !== "ok" || isIn(record.offset, lost)) continue;
      addTo(sums, record, windowSizeMs);
    }
    return sums;
  }
}

export function windowKey(lane: string, startMs: number): string {
  return `${lane}|${startMs}`;
}

function addTo(sums: Map<string, WindowTruth>, record: LogRecord, windowSizeMs: number): void {
  const key = windowKey(record.lane, Math.floor(record.eventMs / windowSizeMs) * windowSizeMs);
  const sum = sums.get(key);
  if (sum === undefined) sums.set(key, { count: 1, min: record.x, max: record.x });
  else {
    sum.count++;
    sum.min = Math.min(sum.min, record.x);
    sum.max = Math.max(sum.max, record.x);
  }
}

function isIn(offset: number, ranges: readonly (readonly [number, number])[]): boolean {
  return ranges.some(([from, to]) => offset >= from && offset < to);
}
