/**
 * The accepted past of one feature, as slots of an hour or a window, whichever is longer. Sub-hourly windows are
 * added up into their hour: seasons run over hours, days and weeks, so nothing finer is asked of the past, and the
 * past stays bounded.
 */
import type { Tally } from "../cells/tally.ts";

/** Slots kept: at hourly windows 16 days and a half, at daily ones a year. */
const SLOTS_MAX = 400;
const HOUR_MS = 3_600_000;

export interface Slot {
  readonly startMs: number;
  windowCount: number;
  recordCount: number;
  nullCount: number;
  valueCount: number;
  readonly counts: Uint32Array;
}

/** Sums over slots: what a baseline is. */
export interface Sums {
  windowCount: number;
  recordCount: number;
  nullCount: number;
  valueCount: number;
  readonly counts: Float64Array;
}

/** A sum over the newest slots, kept up to date instead of being added up for every window. */
interface Trailing {
  readonly lengthMs: number;
  sums: Sums;
  /** Slots that start before it are no longer in `sums`. */
  fromMs: number;
}

export interface History {
  /** Ascending by start. */
  slots: Slot[];
  /** Everything accepted since start, older than the oldest slot included. */
  all: Sums;
  trailing: Trailing[];
}

/** @param trailingMs lengths of the trailing sums to keep */
export function emptyHistory(cellCount: number, trailingMs: readonly number[] = []): History {
  const trailing = trailingMs.map((lengthMs) => ({
    lengthMs,
    sums: emptySums(cellCount),
    fromMs: Number.NEGATIVE_INFINITY,
  }));
  return { slots: [], all: emptySums(cellCount), trailing };
}

export function emptySums(cellCount: number): Sums {
  return { windowCount: 0, recordCount: 0, nullCount: 0, valueCount: 0, counts: new Float64Array(cellCount) };
}

export function copySums(sums: Sums): Sums {
  return { ...sums, counts: sums.counts.slice() };
}

export function slotSizeMs(windowSizeMs: number): number {
  return Math.max(windowSizeMs, HOUR_MS);
}

/** Adds an accepted window; windows come in order. */
export function addToHistory(history: History, startMs: number, windowSizeMs: number, tally: Tally): void {
  const size = slotSizeMs(windowSizeMs);
  const slotStartMs = Math.floor(startMs / size) * size;
  let slot = history.slots[history.slots.length - 1];
  if (slot === undefined || slot.startMs !== slotStartMs) {
    slot = emptySlot(slotStartMs, tally.counts.length);
    history.slots.push(slot);
    if (history.slots.length > SLOTS_MAX) history.slots.shift();
  }
  addTally(slot, tally);
  addTally(history.all, tally);
  for (const { sums } of history.trailing) addTally(sums, tally);
}

/** The trailing sum for a window whose slot starts at `slotStartMs`. */
export function trailingSums(history: History, lengthMs: number, slotStartMs: number, slotMs: number): Sums {
  const trailing = history.trailing.find((each) => each.lengthMs === lengthMs)!;
  const fromMs = slotStartMs - lengthMs;
  for (let i = firstSlotFrom(history.slots, trailing.fromMs, slotMs); i < history.slots.length; i++) {
    if (history.slots[i]!.startMs >= fromMs) break;
    subtractSlot(trailing.sums, history.slots[i]!);
  }
  trailing.fromMs = fromMs;
  return trailing.sums;
}

/** Adds one slot's counts to a sum. */
export function addSlot(sums: Sums, slot: Slot): void {
  sums.windowCount += slot.windowCount;
  sums.recordCount += slot.recordCount;
  sums.nullCount += slot.nullCount;
  sums.valueCount += slot.valueCount;
  for (let i = 0; i < slot.counts.length; i++) sums.counts[i]! += slot.counts[i]!;
}

/**
 * Index of the first slot that starts at or after `startMs`. Slots hardly ever have gaps, so it is looked for where
 * it would be without any: gaps can only put it further on.
 */
export function firstSlotFrom(slots: readonly Slot[], startMs: number, slotMs: number): number {
  const last = slots.length - 1;
  if (last < 0 || slots[last]!.startMs < startMs) return slots.length;
  const guess = last - Math.floor((slots[last]!.startMs - startMs) / slotMs);
  let index = Math.max(0, guess);
  while (slots[index]!.startMs < startMs) index++;
  return index;
}

function subtractSlot(sums: Sums, slot: Slot): void {
  sums.windowCount -= slot.windowCount;
  sums.recordCount -= slot.recordCount;
  sums.nullCount -= slot.nullCount;
  sums.valueCount -= slot.valueCount;
  for (let i = 0; i < slot.counts.length; i++) sums.counts[i]! -= slot.counts[i]!;
}

function emptySlot(startMs: number, cellCount: number): Slot {
  const counts = new Uint32Array(cellCount);
  return { windowCount: 0, recordCount: 0, nullCount: 0, valueCount: 0, startMs, counts };
}

function addTally(target: Slot | Sums, tally: Tally): void {
  target.windowCount += 1;
  target.recordCount += tally.recordCount;
  target.nullCount += tally.nullCount;
  target.valueCount += tally.valueCount;
  for (let i = 0; i < tally.counts.length; i++) target.counts[i]! += tally.counts[i]!;
}
