/**
 * Strings of JSON read in place: one that was seen before comes out as the very same JavaScript string, without making
 * it anew, so that maps further on find it by identity. Strings are known by a hash and then compared byte for byte.
 *
 * Bounded: a string enters at its second sighting only, so ids that never come again take no room; when full, all are
 * forgotten and learned again. What comes out is the same either way.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;

/** Most strings known. */
export const TEXTS_MAX = 16_384;
/** Most bytes of all known strings together. */
export const TEXT_BYTES_MAX = 1 << 20;
/** A longer string is made anew each time. */
export const TEXT_LENGTH_MAX = 128;
/** Slots of the table, twice the strings: a look-up reads two on average. */
const SLOTS = 2 * TEXTS_MAX;
/** Look-ups give up here: strings made to collide cost no more than unknown ones. */
const PROBES_MAX = 8;
/** Hashes seen lately, by their low bits. */
const SIGHTINGS = 4_096;
const FREE = -1;

export class Texts {
  readonly #slots = new Int32Array(SLOTS).fill(FREE);
  readonly #hashes = new Int32Array(TEXTS_MAX);
  readonly #starts = new Int32Array(TEXTS_MAX);
  readonly #lengths = new Int32Array(TEXTS_MAX);
  readonly #texts: string[] = [];
  readonly #pool = new Uint8Array(TEXT_BYTES_MAX);
  readonly #sightings = new Int32Array(SIGHTINGS);
  #poolLength = 0;
  /** One past the closing quote of the string read last. */
  end = 0;

  /** Strings known now. */
  get size(): number {
    return this.#texts.length;
  }

  /**
   * @param at the first byte behind the opening quote.
   * @returns the string; undefined when it has an escape or a control character, or no end before `recordEnd`.
   */
  read(bytes: Buffer, at: number, recordEnd: number): string | undefined {
    let hash = 0x811c9dc5;
    let p = at;
    for (; ; p++) {
      if (p >= recordEnd) return undefined;
      const byte = bytes[p]!;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH || byte < FIRST_PRINTABLE) return undefined;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    this.end = p + 1;
    hash ^= hash >>> 15;
    return this.#find(bytes, at, p - at, hash);
  }

  #find(bytes: Buffer, at: number, length: number, hash: number): string {
    let slot = hash & (SLOTS - 1);
    for (let probe = 0; probe < PROBES_MAX; probe++) {
      const known = this.#slots[slot]!;
      if (known === FREE) return this.#meet(bytes, at, length, hash, slot);
      if (
        this.#hashes[known] === hash &&
        this.#lengths[known] === length &&
        this.#isSame(known, bytes, at, length)
      )
        return this.#texts[known]!;
      slot = (slot + 1) & (SLOTS - 1);
    }
    return bytes.toString("utf8", at, at + length);
  }

  #isSame(known: number, bytes: Buffer, at: number, length: number): boolean {
    const start = this.#starts[known]!;
    for (let i = 0; i < length; i++) if (this.#pool[start + i] !== bytes[at + i]) return false;
    return true;
  }

  /** A string that is not known: kept when it was seen before. */
  #meet(bytes: Buffer, at: number, length: number, hash: number, slot: number): string {
    const text = bytes.toString("utf8", at, at + length);
    const sighting = hash & (SIGHTINGS - 1);
    if (this.#sightings[sighting] !== hash) this.#sightings[sighting] = hash;
    else if (length <= TEXT_LENGTH_MAX) this.#keep(text, bytes, at, length, hash, slot);
    return text;
  }

  #keep(text: string, bytes: Buffer, at: number, length: number, hash: number, slot: number): void {
    if (this.#texts.length === TEXTS_MAX || this.#poolLength + length > TEXT_BYTES_MAX) {
      this.#forgetAll();
      return;
    }
    const id = this.#texts.length;
    this.#slots[slot] = id;
    this.#hashes[id] = hash;
    this.#starts[id] = this.#poolLength;
    this.#lengths[id] = length;
    this.#texts.push(text);
    for (let i = 0; i < length; i++) this.#pool[this.#poolLength + i] = bytes[at + i]!;
    this.#poolLength += length;
  }

  #forgetAll(): void {
    this.#slots.fill(FREE);
    this.#texts.length = 0;
    this.#poolLength = 0;
  }
}
