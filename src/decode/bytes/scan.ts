/**
 * Finds where a record's scalar values stand. What lies between them (names, brackets, spaces) is the record's form:
 * two records that agree in it byte for byte differ in nothing but their scalar values.
 *
 * Only for records that `JSON.parse` has taken. Forms in which the text does not tell the parsed object directly are
 * not scanned: escapes or bytes beyond ASCII in a name, a name twice, names of digits (which objects put first),
 * `__proto__`, arrays.
 */

/** A scalar value: its path of names, and the bytes of the form that lead to it. */
export interface ScannedValue {
  readonly path: readonly string[];
  readonly formStart: number;
  readonly formEnd: number;
}

export interface ScannedRecord {
  readonly values: readonly ScannedValue[];
  /** Paths of all objects in the record, the record itself included. */
  readonly objects: readonly (readonly string[])[];
  /** The form behind the last value begins here and goes to the record's end. */
  readonly tailStart: number;
}

/** More values, or deeper nesting, are not worth a form. */
const VALUES_MAX = 1_024;
const DEPTH_MAX = 32;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const SPACE = 0x20;
const DELETE = 0x7f;

/** @returns undefined for a form that has to be parsed. */
export function scanRecord(bytes: Buffer, start: number, end: number): ScannedRecord | undefined {
  const scan = new Scan(bytes, start);
  scan.spaces();
  if (!scan.object([])) return undefined;
  return { values: scan.values, objects: scan.objects, tailStart: Math.min(scan.formStart, end) };
}

class Scan {
  readonly values: ScannedValue[] = [];
  readonly objects: (readonly string[])[] = [];
  formStart: number;
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, start: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.formStart = start;
  }

  spaces(): void {
    // JSON's spaces are all at or below " ", and the text is known to be JSON.
    while (this.#bytes[this.#at]! <= SPACE) this.#at++;
  }

  /** False when the object has to be parsed. */
  object(path: readonly string[]): boolean {
    if (this.#bytes[this.#at] !== OPEN_BRACE || path.length > DEPTH_MAX) return false;
    this.objects.push(path);
    const names = new Set<string>();
    do {
      this.#at++;
      this.spaces();
      if (this.#bytes[this.#at] === CLOSE_BRACE) break; // an empty object
      const name = this.#name();
      if (name === undefined || names.has(name)) return false;
      names.add(name);
      this.#at++; // the colon
      this.spaces();
      if (!this.#value([...path, name])) return false;
      this.spaces();
    } while (this.#bytes[this.#at] === COMMA);
    this.#at++;
    return true;
  }

  /** A name and the spaces behind it; undefined when it does not stand for itself. */
  #name(): string | undefined {
    const start = ++this.#at;
    for (; this.#bytes[this.#at] !== QUOTE; this.#at++) {
      const byte = this.#bytes[this.#at]!;
      if (byte === BACKSLASH || byte < SPACE || byte >= DELETE) return undefined;
    }
    const name = this.#bytes.toString("latin1", start, this.#at);
    this.#at++;
    this.spaces();
    return name === "__proto__" || /^\d+$/.test(name) ? undefined : name;
  }

  #value(path: readonly string[]): boolean {
    const first = this.#bytes[this.#at]!;
    if (first === OPEN_BRACE) return this.object(path);
    if (first === OPEN_BRACKET || this.values.length === VALUES_MAX) return false;
    this.values.push({ path, formStart: this.formStart, formEnd: this.#at });
    if (first === QUOTE) this.#skipString();
    else this.#skipWord();
    this.formStart = this.#at;
    return true;
  }

  #skipString(): void {
    this.#at++;
    while (this.#bytes[this.#at] !== QUOTE) this.#at += this.#bytes[this.#at] === BACKSLASH ? 2 : 1;
    this.#at++;
  }

  /** Numbers, true, false, null: to the next comma, bracket or space. */
  #skipWord(): void {
    for (;;) {
      const byte = this.#bytes[this.#at]!;
      if (byte === COMMA || byte === CLOSE_BRACE || byte <= SPACE) return;
      this.#at++;
    }
  }
}
