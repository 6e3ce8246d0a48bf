/** The records of bench:ingest: ten features, JSON, some 240 bytes, by default one a millisecond in event time. */
import { seededRandom } from "../../src/base/random.ts";

const COUNTRIES = ["US", "FR", "DE", "BR", "IN", "GB", "JP", "ES"];

/**
 * @param oddShare share of records with another shape: a nested object, an array, a field missing.
 * @param stepMs event time from one record to the next.
 */
export function* makeRecords(
  count: number,
  oddShare: number,
  startMs: number,
  stepMs = 1,
): Generator<{ readonly ts: number; readonly text: string }> {
  const random = seededRandom(1);
  for (let i = 0; i < count; i++) {
    const ts = startMs + i * stepMs;
    const features: Record<string, unknown> = {
      watch_time: Math.round(random() * 1e6) / 1e3,
      score: random(),
      sessions: Math.floor(random() * 12),
      age: random() < 0.03 ? null : 13 + Math.floor(random() * 70),
      price: Math.round(random() * 1e4) / 100,
      latency_ms: Math.round(-Math.log(1 - random()) * 4e4) / 1e3,
      is_premium: random() < 0.2,
      country: COUNTRIES[Math.floor(random() * random() * COUNTRIES.length)],
      device: random() < 0.6 ? "phone" : "tv",
      clicks: Math.floor(random() * 40),
    };
    if (random() < oddShare) features["extra"] = { tags: ["a", "b"], note: "é\n" };
    yield {
      ts,
      text: JSON.stringify({ ts, swimlane: i % 4 === 0 ? "eval" : "prod", source: "bench", features }),
    };
  }
}
