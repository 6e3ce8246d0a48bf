/**
 * Seeded randomness. Nothing in Lanewatch draws from `Math.random`: a sketch's coin flips are seeded by its
 * identity, so that the same records in the same order always give the same bits.
 */

/** A source of uniform doubles in [0, 1). */
export type Random = () => number;

/**
 * mulberry32: 32 bits of state, passes the usual batteries, one multiplication a draw.
 * @param seed any 32-bit integer; equal seeds give equal sequences.
 */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** FNV-1a over UTF-16 code units with a final avalanche: a stable 32-bit seed for an identity such as "prod|clicks|age". */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
