/** Weighted samples: numbers in ascending order, each once, with how many numbers it stands for. */

export interface WeightedSample {
  readonly items: Float64Array;
  readonly weights: Float64Array;
}

/** The sample of an ascending run, of which each number counts `weight`. */
export function sampleOfRun(run: Float64Array, length: number, weight = 1): WeightedSample {
  let distinct = length === 0 ? 0 : 1;
  for (let i = 1; i < length; i++) if (run[i] !== run[i - 1]) distinct++;
  const items = new Float64Array(distinct);
  const weights = new Float64Array(distinct);
  let at = -1;
  for (let i = 0; i < length; i++) {
    if (i === 0 || run[i] !== run[i - 1]) items[++at] = run[i]!;
    weights[at]! += weight;
  }
  return { items, weights };
}

/** The union of ascending samples; equal numbers add their weights. Merged in pairs, so each moves log(parts) times. */
export function mergeSamples(parts: readonly WeightedSample[]): WeightedSample {
  if (parts.length === 0) return { items: new Float64Array(0), weights: new Float64Array(0) };
  let round = [...parts];
  while (round.length > 1) {
    const next: WeightedSample[] = [];
    for (let i = 0; i < round.length; i += 2) {
      next.push(i + 1 < round.length ? mergeTwo(round[i]!, round[i + 1]!) : round[i]!);
    }
    round = next;
  }
  return round[0]!;
}

function mergeTwo(a: WeightedSample, b: WeightedSample): WeightedSample {
  if (a.items.length === 0) return b;
  if (b.items.length === 0) return a;
  const items = new Float64Array(a.items.length + b.items.length);
  const weights = new Float64Array(items.length);
  let i = 0;
  let j = 0;
  let size = 0;
  while (i < a.items.length && j < b.items.length) {
    const x = a.items[i]!;
    const y = b.items[j]!;
    items[size] = Math.min(x, y);
    if (x <= y) weights[size]! += a.weights[i++]!;
    if (y <= x) weights[size]! += b.weights[j++]!;
    size++;
  }
  const [rest, from] = i < a.items.length ? [a, i] : [b, j];
  items.set(rest.items.subarray(from), size);
  weights.set(rest.weights.subarray(from), size);
  size += rest.items.length - from;
  // A copy, not a view: a view would keep the whole buffer alive.
  return size === items.length
    ? { items, weights }
    : { items: items.slice(0, size), weights: weights.slice(0, size) };
}
