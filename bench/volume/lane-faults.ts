/**
 * Drops of known depth and length, put into clean counts; and what a page is worth: found, or false.
 *
 * The rules of counting are those of shared/bench's volume harness: a drop is found by an alert in it or in the
 * window after; the three windows after it are neutral; alerts less than four windows apart make one false page.
 */
import type { Random } from "../../src/base/random.ts";
import { normal } from "./lane-kinds.ts";

export interface Drop {
  readonly start: number;
  readonly end: number;
  readonly depth: number;
  /** Sigmas that a matched filter over the slot's median would have. */
  readonly snr: number;
}

const DEPTHS = [0.1, 0.2, 0.3, 0.5, 1];
const LENGTHS = [1, 2, 4, 8, 24];

export function injectDrops(
  random: Random,
  clean: Float64Array,
  windowsPerDay: number,
  warmup: number,
): { counts: Float64Array; drops: readonly Drop[] } {
  const counts = clean.slice();
  const drops: Drop[] = [];
  const spreads = slotSpreads(clean, windowsPerDay);
  const gap = windowsPerDay === 1 ? 8 : 2 * windowsPerDay;
  let at = warmup + 1 + Math.floor(gap * random());
  while (at < clean.length - 30) {
    const depth = DEPTHS[Math.floor(random() * DEPTHS.length)]!;
    const length = Math.min(LENGTHS[Math.floor(random() * LENGTHS.length)]!, windowsPerDay === 1 ? 4 : 24);
    const expected = mean(clean.subarray(at, at + length));
    if (expected >= 10) {
      for (let t = at; t < at + length; t++) counts[t] = thin(random, clean[t]!, 1 - depth);
      const snr = (depth * expected * Math.sqrt(length)) / spreads[at % spreads.length]!;
      drops.push({ start: at, end: at + length, depth, snr });
    }
    at += length + gap - Math.floor(gap * Math.log(1 - random()));
  }
  return { counts, drops };
}

export function falsePages(alerts: readonly number[], drops: readonly Drop[]): number {
  let pages = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (const alert of alerts) {
    if (drops.some((drop) => alert >= drop.start && alert < drop.end + 3)) continue;
    if (alert - last > 3) pages++;
    last = alert;
  }
  return pages;
}

/** Windows from the drop's start to its first alert; undefined when it was missed. */
export function delayOf(drop: Drop, alerts: readonly number[]): number | undefined {
  const found = alerts.find((alert) => alert >= drop.start && alert <= drop.end);
  return found === undefined ? undefined : found - drop.start;
}

function slotSpreads(clean: Float64Array, windowsPerDay: number): Float64Array {
  const week = 7 * windowsPerDay;
  const bySlot: number[][] = Array.from({ length: windowsPerDay }, () => []);
  for (let t = 4 * week; t < clean.length; t++) {
    const past = [1, 2, 3, 4].map((w) => clean[t - w * week]!).sort((a, b) => a - b);
    bySlot[t % windowsPerDay]!.push(Math.abs(clean[t]! - (past[1]! + past[2]!) / 2));
  }
  return Float64Array.from(bySlot, (errors) =>
    Math.max(0.5, 1.4826 * (errors.sort((a, b) => a - b)[errors.length >> 1] ?? 1)),
  );
}

function thin(random: Random, count: number, share: number): number {
  if (share <= 0) return 0;
  if (count > 200)
    return Math.max(0, Math.round(count * share + Math.sqrt(count * share * (1 - share)) * normal(random)));
  let kept = 0;
  for (let i = 0; i < count; i++) if (random() < share) kept++;
  return kept;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
