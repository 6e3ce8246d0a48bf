/** The oracle: what the log holds, read by a plain consumer after all is over, and counted with nothing of ours. */
import type { Kafka } from "kafkajs";

/** All values of one feature in one window of a lane. */
interface FeatureTruth {
  presentCount: number;
  nullCount: number;
  readonly numbers: number[];
  readonly categories: Map<string, number>;
}

interface WindowTruth {
  recordCount: number;
  readonly features: Map<string, FeatureTruth>;
}

export interface LogTruth {
  /** By partition: one past the last offset. */
  readonly endOffsets: readonly number[];
  /** By partition, then offset: the lane and window of the record, as `windowKey` writes it. */
  readonly places: readonly (readonly string[])[];
  /** By `windowKey`. */
  readonly windows: ReadonlyMap<string, WindowTruth>;
  readonly recordCount: number;
}

export function windowKey(lane: string, windowStartMs: number): string {
  return `${lane}|${windowStartMs}`;
}

const READ_MS_MAX = 180_000;

export async function readLog(
  kafka: Kafka,
  topic: string,
  windowMs: number,
  groupId: string,
): Promise<LogTruth> {
  const endOffsets = await endsOf(kafka, topic);
  const places: string[][] = endOffsets.map(() => []);
  const windows = new Map<string, WindowTruth>();
  const isDone = () => places.every((list, i) => list.length >= endOffsets[i]!);
  const consumer = kafka.consumer({ groupId, sessionTimeout: 30_000 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const read = new Promise<void>((resolve) => {
    if (isDone()) resolve();
    void consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        const list = places[partition]!;
        if (Number(message.offset) !== list.length || list.length >= endOffsets[partition]!) return;
        list.push(fold(windows, windowMs, message.value!.toString()));
        if (isDone()) resolve();
      },
    });
  });
  const late = new Promise<never>((_, reject) =>
    setTimeout(() => reject(new Error("the log could not be read in time")), READ_MS_MAX).unref(),
  );
  await Promise.race([read, late]);
  await consumer.disconnect();
  return { endOffsets, places, windows, recordCount: endOffsets.reduce((sum, end) => sum + end, 0) };
}

export async function endsOf(kafka: Kafka, topic: string): Promise<number[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.sort((a, b) => a.partition - b.partition).map(({ high }) => Number(high));
  } finally {
    await admin.disconnect();
  }
}

function fold(windows: Map<string, WindowTruth>, windowMs: number, text: string): string {
  const record = JSON.parse(text) as { ts: number; swimlane: string; features: Record<string, unknown> };
  const key = windowKey(record.swimlane, Math.floor(record.ts / windowMs) * windowMs);
  let window = windows.get(key);
  if (window === undefined) {
    window = { recordCount: 0, features: new Map() };
    windows.set(key, window);
  }
  window.recordCount++;
  for (const [name, value] of Object.entries(record.features)) foldFeature(window, name, value);
  return key;
}

function foldFeature(window: WindowTruth, name: string, value: unknown): void {
  let feature = window.features.get(name);
  if (feature === undefined) {
    feature = { presentCount: 0, nullCount: 0, numbers: [], categories: new Map() };
    window.features.set(name, feature);
  }
  feature.presentCount++;
  if (value === null) feature.nullCount++;
  else if (typeof value === "number") feature.numbers.push(value);
  else feature.categories.set(String(value), (feature.categories.get(String(value)) ?? 0) + 1);
}
