/** What goes wrong and when, from a seed: kills, pauses, engines that restart, connections that are cut. */
import { type Random, seededRandom } from "../../src/base/random.ts";
import type { Drop } from "./load.ts";

export type EngineName = "kafka" | "questdb" | "redis";

/** `pick` in [0, 1) chooses among whatever is running at that time: a member, a broker, a proxy. */
export type Fault =
  | { readonly atMs: number; readonly kind: "kill"; readonly pick: number; readonly downMs: number }
  | { readonly atMs: number; readonly kind: "pause"; readonly pick: number; readonly forMs: number }
  | {
      readonly atMs: number;
      readonly kind: "restart";
      readonly engine: EngineName;
      readonly pick: number;
      readonly downMs: number;
    }
  | {
      readonly atMs: number;
      readonly kind: "cut";
      readonly how: "cut" | "stall" | "blip";
      readonly pick: number;
      readonly forMs: number;
    };

export interface PlanOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly killsPerMinute: number;
}

export const ENGINES: readonly EngineName[] = ["questdb", "redis", "kafka"];
const CUTS = ["cut", "stall", "blip"] as const;
const DROP_DEPTHS = [1, 0.8] as const;
const DROP_WINDOWS = 5;

/** Faults in order of their time, ms from the beginning. A short run has some of each, too. */
export function planFaults({ seed, minutes, killsPerMinute }: PlanOptions): Fault[] {
  const random = seededRandom(seed);
  const spanMs = minutes * 60_000;
  const between = (low: number, high: number) => low + random() * (high - low);
  const faults: Fault[] = [];
  for (const atMs of spread(random, spanMs, Math.max(4, Math.round(minutes * killsPerMinute))))
    faults.push({ atMs, kind: "kill", pick: random(), downMs: between(0, 3_000) });
  for (const atMs of spread(random, spanMs, Math.max(2, Math.round(minutes))))
    faults.push({ atMs, kind: "pause", pick: random(), forMs: between(500, 15_000) });
  const restarts = spread(random, spanMs, Math.max(ENGINES.length, Math.round(minutes * 0.6)));
  for (const [i, atMs] of restarts.entries()) {
    const engine = ENGINES[i % ENGINES.length]!;
    faults.push({ atMs, kind: "restart", engine, pick: random(), downMs: between(0, 8_000) });
  }
  for (const [i, atMs] of spread(random, spanMs, Math.max(3, Math.round(minutes))).entries())
    faults.push({
      atMs,
      kind: "cut",
      how: CUTS[i % CUTS.length]!,
      pick: random(),
      forMs: between(300, 8_000),
    });
  return faults.sort((a, b) => a.atMs - b.atMs);
}

/** Drops one after another, lane by lane, total and partial in turn, all within the span of the faults. */
export function planDrops(
  lanes: readonly string[],
  startMs: number,
  spanMs: number,
  windowMs: number,
): Drop[] {
  const count = Math.max(1, Math.floor(spanMs / 150_000));
  const stepMs = (spanMs * 0.85) / count;
  return Array.from({ length: count }, (_, i) => {
    const fromMs = Math.ceil((startMs + spanMs * 0.05 + i * stepMs) / windowMs) * windowMs;
    return {
      lane: lanes[i % lanes.length]!,
      startMs: fromMs,
      endMs: fromMs + DROP_WINDOWS * windowMs,
      depth: DROP_DEPTHS[i % DROP_DEPTHS.length]!,
    };
  });
}

/** `count` times, one at random within each equal part of the span. */
function spread(random: Random, spanMs: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => ((i + random()) / count) * spanMs);
}
