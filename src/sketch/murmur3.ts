/**
 * MurmurHash3 x64 128, the hash of Apache DataSketches, in 32-bit halves: JavaScript has no fast 64-bit integers
 * (BigInt is fifty times slower). Same bits as the reference for seed 9001.
 * @see Austin Appleby's public-domain MurmurHash3 for the algorithm and its constants.
 */

/** Seed that every DataSketches implementation uses unless told otherwise. */
const UPDATE_SEED = 9001;

/** The last hash, as four 32-bit words: low and high of the first half, then of the second. */
export const murmurWords = new Int32Array(4);

/** The high word of the low 64 bits of (ah:al) × (bh:bl); the low word is Math.imul(al, bl). */
function multiplyHigh(al: number, ah: number, bl: number, bh: number): number {
  const a0 = al & 0xffff;
  const a1 = al >>> 16;
  const b0 = bl & 0xffff;
  const b1 = bl >>> 16;
  const middle1 = (Math.imul(a1, b0) + (Math.imul(a0, b0) >>> 16)) >>> 0;
  const middle2 = (Math.imul(a0, b1) + (middle1 & 0xffff)) >>> 0;
  const high = (Math.imul(a1, b1) + (middle1 >>> 16) + (middle2 >>> 16)) | 0;
  return (high + Math.imul(ah, bl) + Math.imul(al, bh)) | 0;
}

/** 1 where adding to `addend` gave `sum` past 32 bits. */
function carry(sum: number, addend: number): number {
  return sum >>> 0 < addend >>> 0 ? 1 : 0;
}

const C1_LOW = 0x114253d5;
const C1_HIGH = 0x87c37b91 | 0;
const C2_LOW = 0x2745937f;
const C2_HIGH = 0x4cf5ad43;
const F1_LOW = 0xed558ccd | 0;
const F1_HIGH = 0xff51afd7 | 0;
const F2_LOW = 0x1a85ec53;
const F2_HIGH = 0xc4ceb9fe | 0;

/** Hashes `bytes[0..length)` into {@link murmurWords}. All words are signed 32-bit integers. */
export function murmur3(bytes: Uint8Array, length: number, seed: number = UPDATE_SEED): void {
  let h1l = seed | 0;
  let h1h = 0;
  let h2l = seed | 0;
  let h2h = 0;
  let kl = 0;
  let kh = 0;
  let low = 0;
  let high = 0;
  const tail = length & ~15;
  for (let at = 0; at < tail; at += 16) {
    // k1 × c1, rotl 31, × c2, into h1
    kl = word(bytes, at);
    kh = multiplyHigh(kl, word(bytes, at + 4), C1_LOW, C1_HIGH);
    kl = Math.imul(kl, C1_LOW);
    low = (kl << 31) | (kh >>> 1);
    high = (kh << 31) | (kl >>> 1);
    h1h ^= multiplyHigh(low, high, C2_LOW, C2_HIGH);
    h1l ^= Math.imul(low, C2_LOW);
    // h1 = (rotl(h1, 27) + h2) × 5 + 0x52dce729
    low = (h1l << 27) | (h1h >>> 5);
    high = (h1h << 27) | (h1l >>> 5);
    low = (low + h2l) | 0;
    high = (high + h2h + carry(low, h2l)) | 0;
    h1h = multiplyHigh(low, high, 5, 0);
    h1l = (Math.imul(low, 5) + 0x52dce729) | 0;
    h1h = (h1h + carry(h1l, 0x52dce729)) | 0;
    // k2 × c2, rotl 33, × c1, into h2
    kl = word(bytes, at + 8);
    kh = multiplyHigh(kl, word(bytes, at + 12), C2_LOW, C2_HIGH);
    kl = Math.imul(kl, C2_LOW);
    low = (kh << 1) | (kl >>> 31);
    high = (kl << 1) | (kh >>> 31);
    h2h ^= multiplyHigh(low, high, C1_LOW, C1_HIGH);
    h2l ^= Math.imul(low, C1_LOW);
    // h2 = (rotl(h2, 31) + h1) × 5 + 0x38495ab5
    low = (h2l << 31) | (h2h >>> 1);
    high = (h2h << 31) | (h2l >>> 1);
    low = (low + h1l) | 0;
    high = (high + h1h + carry(low, h1l)) | 0;
    h2h = multiplyHigh(low, high, 5, 0);
    h2l = (Math.imul(low, 5) + 0x38495ab5) | 0;
    h2h = (h2h + carry(h2l, 0x38495ab5)) | 0;
  }
  if (length - tail > 8) {
    kl = tailWord(bytes, tail + 8, length);
    kh = multiplyHigh(kl, tailWord(bytes, tail + 12, length), C2_LOW, C2_HIGH);
    kl = Math.imul(kl, C2_LOW);
    low = (kh << 1) | (kl >>> 31);
    high = (kl << 1) | (kh >>> 31);
    h2h ^= multiplyHigh(low, high, C1_LOW, C1_HIGH);
    h2l ^= Math.imul(low, C1_LOW);
  }
  if (length > tail) {
    const end = Math.min(length, tail + 8);
    kl = tailWord(bytes, tail, end);
    kh = multiplyHigh(kl, tailWord(bytes, tail + 4, end), C1_LOW, C1_HIGH);
    kl = Math.imul(kl, C1_LOW);
    low = (kl << 31) | (kh >>> 1);
    high = (kh << 31) | (kl >>> 1);
    h1h ^= multiplyHigh(low, high, C2_LOW, C2_HIGH);
    h1l ^= Math.imul(low, C2_LOW);
  }
  h1l ^= length;
  h2l ^= length;
  h1l = (h1l + h2l) | 0;
  h1h = (h1h + h2h + carry(h1l, h2l)) | 0;
  h2l = (h2l + h1l) | 0;
  h2h = (h2h + h1h + carry(h2l, h1l)) | 0;
  // The final avalanche of each half: x ^= x >>> 33, × c, twice, x ^= x >>> 33.
  low = h1l ^ (h1h >>> 1);
  high = multiplyHigh(low, h1h, F1_LOW, F1_HIGH);
  low = Math.imul(low, F1_LOW) ^ (high >>> 1);
  h1h = multiplyHigh(low, high, F2_LOW, F2_HIGH);
  h1l = Math.imul(low, F2_LOW) ^ (h1h >>> 1);
  low = h2l ^ (h2h >>> 1);
  high = multiplyHigh(low, h2h, F1_LOW, F1_HIGH);
  low = Math.imul(low, F1_LOW) ^ (high >>> 1);
  h2h = multiplyHigh(low, high, F2_LOW, F2_HIGH);
  h2l = Math.imul(low, F2_LOW) ^ (h2h >>> 1);
  h1l = (h1l + h2l) | 0;
  h1h = (h1h + h2h + carry(h1l, h2l)) | 0;
  h2l = (h2l + h1l) | 0;
  murmurWords[0] = h1l;
  murmurWords[1] = h1h;
  murmurWords[2] = h2l;
  murmurWords[3] = h2h + h1h + carry(h2l, h1l);
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** A little-endian word of which only the bytes before `end` exist. */
function tailWord(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let i = Math.min(end, at + 4) - 1; i >= at; i--) value = (value << 8) | bytes[i]!;
  return value;
}
