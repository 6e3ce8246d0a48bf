/** The inner loops of KLL, on ranges of one array. Plain functions on numbers, so that the engine inlines them. */

/** Below this, insertion sort beats the engine's own sort, whose call alone costs as much. Measured. */
const INSERTION_MAX = 40;

/** Sorts `items[from..end)`. No NaN among them. */
export function sortRange(items: Float64Array, from: number, end: number): void {
  if (end - from > INSERTION_MAX) {
    items.subarray(from, end).sort();
    return;
  }
  for (let i = from + 1; i < end; i++) {
    const value = items[i]!;
    let j = i - 1;
    while (j >= from && items[j]! > value) {
      items[j + 1] = items[j]!;
      j--;
    }
    items[j + 1] = value;
  }
}

/** Keeps every second of the 2 × `half` items at `from`, packed at the low end. */
export function halveDown(items: Float64Array, from: number, half: number, offset: number): void {
  for (let i = from, j = from + offset; i < from + half; i++, j += 2) items[i] = items[j]!;
}

/** Keeps every second of the 2 × `half` items at `from`, packed at the high end. */
export function halveUp(items: Float64Array, from: number, half: number, offset: number): void {
  for (let i = from + 2 * half - 1, j = i - offset; i >= from + half; i--, j -= 2) items[i] = items[j]!;
}

/** Merges the `lowCount` items at `from` with the `highCount` items at `start`; the result ends where the second run ends. */
export function mergeRuns(
  items: Float64Array,
  from: number,
  lowCount: number,
  start: number,
  highCount: number,
): void {
  const end = start + highCount;
  const lowEnd = from + lowCount;
  let a = from;
  let b = start;
  // Room for the result begins `lowCount` before the second run, at or behind the end of the first: no read is lost.
  let to = start - lowCount;
  while (a < lowEnd && b < end) {
    // By arithmetic, not by a branch that is wrong every second time.
    const low = Number(items[a]! < items[b]!);
    items[to++] = items[b + low * (a - b)]!;
    a += low;
    b += 1 - low;
  }
  while (a < lowEnd) items[to++] = items[a++]!;
}

/**
 * Merges `count` items of `run` (every `stride`-th from `offset`) with the `above` items at `end`, into the room of
 * `count` items before them that begins at `from`.
 */
export function mergeStrided(
  items: Float64Array,
  from: number,
  end: number,
  above: number,
  run: Float64Array,
  count: number,
  stride: number,
  offset: number,
): void {
  const stop = offset + count * stride;
  const aboveEnd = end + above;
  let a = offset;
  let b = end;
  let to = from;
  while (a < stop && b < aboveEnd) {
    if (run[a]! < items[b]!) {
      items[to++] = run[a]!;
      a += stride;
    } else items[to++] = items[b++]!;
  }
  for (; a < stop; a += stride) items[to++] = run[a]!;
}

/** Moves `items[from..end)` by `by` places. The engine's copyWithin costs more than the few items that move here. */
export function moveRange(items: Float64Array, from: number, end: number, by: number): void {
  if (by < 0) for (let i = from; i < end; i++) items[i + by] = items[i]!;
  else for (let i = end - 1; i >= from; i--) items[i + by] = items[i]!;
}
