/**
 * Short strings of JSON, read four bytes at a time: one that was met lately comes out as the same JavaScript string
 * after one look-up by its own bytes. All others go through {@link Texts}.
 */
import type { Texts } from "./texts.ts";

const QUOTE = 0x22;
/** Bytes behind a string's beginning that are looked at. */
export const TEXT_LOOKAHEAD = 16;
/** Strings kept, each at the place that its bytes name; another with the same place takes it. */
export const SHORT_TEXTS = 1_024;
/** Four words hold a string and its closing quote. */
const WORDS = 4;

export class ShortTexts {
  readonly #texts: Texts;
  readonly #known: (string | undefined)[] = new Array<string | undefined>(SHORT_TEXTS).fill(undefined);
  /** Their bytes with the closing quote, zeros behind it: no two strings have the same. */
  readonly #words = new Int32Array(WORDS * SHORT_TEXTS);
  /** One past the closing quote of the string read last. */
  end = 0;

  constructor(texts: Texts) {
    this.#texts = texts;
  }

  /**
   * @param view of `bytes`; {@link TEXT_LOOKAHEAD} bytes from `at` on can be read.
   * @param at the first byte behind the opening quote.
   * @returns as {@link Texts.read}, but for a string that ends behind the record's end: the caller finds that out.
   */
  read(bytes: Buffer, view: DataView, at: number, recordEnd: number): string | undefined {
    let first = view.getInt32(at, true);
    let second = 0;
    let third = 0;
    let fourth = 0;
    let length = lengthIn(first);
    if (length < 4) first = upToQuote(first, length);
    else {
      second = view.getInt32(at + 4, true);
      length = lengthIn(second);
      if (length < 4) {
        second = upToQuote(second, length);
        length += 4;
      } else {
        third = view.getInt32(at + 8, true);
        length = lengthIn(third);
        if (length < 4) {
          third = upToQuote(third, length);
          length += 8;
        } else {
          fourth = view.getInt32(at + 12, true);
          length = lengthIn(fourth);
          if (length === 4) return this.#readLong(bytes, at, recordEnd);
          fourth = upToQuote(fourth, length);
          length += 12;
        }
      }
    }
    const mixed =
      Math.imul(first ^ Math.imul(third, 0x85ebca6b), 0x9e3779b1) ^ Math.imul(second ^ fourth, 0xc2b2ae35);
    const place = (mixed ^ (mixed >>> 15)) & (SHORT_TEXTS - 1);
    const words = this.#words;
    const row = place * WORDS;
    if (
      words[row] === first &&
      words[row + 1] === second &&
      words[row + 2] === third &&
      words[row + 3] === fourth
    ) {
      this.end = at + length + 1;
      return this.#known[place];
    }
    const text = this.#readLong(bytes, at, recordEnd);
    // A string with an escaped quote has another end, and is not told by these words.
    if (text === undefined || this.end !== at + length + 1) return text;
    words[row] = first;
    words[row + 1] = second;
    words[row + 2] = third;
    words[row + 3] = fourth;
    this.#known[place] = text;
    return text;
  }

  #readLong(bytes: Buffer, at: number, recordEnd: number): string | undefined {
    const text = this.#texts.read(bytes, at, recordEnd);
    this.end = this.#texts.end;
    return text;
  }
}

/** Bytes of the word before a quote, from its lowest on; 4 when there is none. */
function lengthIn(word: number): number {
  const others = word ^ (QUOTE * 0x01010101);
  const zeros = (others - 0x01010101) & ~others & 0x80808080;
  return zeros === 0 ? 4 : (31 - Math.clz32(zeros & -zeros)) >> 3;
}

/** The word with all bytes behind the quote as zeros. */
function upToQuote(word: number, length: number): number {
  return word & (0xffffffff >>> ((3 - length) << 3));
}
