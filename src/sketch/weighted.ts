/** Puts a weighted sample in ascending order, each value once. Changes what it is given. */
export function weightedAscending(
  items: Float64Array,
  weights: Float64Array,
): { items: Float64Array; weights: Float64Array } {
  if (!isAscending(items)) sortPairs(items, weights);
  let kept = 0;
  for (let i = 0; i < items.length; i++) {
    if (kept > 0 && items[kept - 1] === items[i]) {
      weights[kept - 1]! += weights[i]!;
    } else {
      items[kept] = items[i]!;
      weights[kept++] = weights[i]!;
    }
  }
  // A copy, not a view: a view would keep the whole buffer alive.
  return { items: items.slice(0, kept), weights: weights.slice(0, kept) };
}

function isAscending(items: Float64Array): boolean {
  for (let i = 1; i < items.length; i++) if (items[i - 1]! > items[i]!) return false;
  return true;
}

function sortPairs(items: Float64Array, weights: Float64Array): void {
  const order = Uint32Array.from(items.keys()).sort((a, b) => items[a]! - items[b]! || a - b);
  const sorted = Float64Array.from(order, (i) => items[i]!);
  const moved = Float64Array.from(order, (i) => weights[i]!);
  items.set(sorted);
  weights.set(moved);
}
