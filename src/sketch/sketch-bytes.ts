/**
 * Bounds-checked reading of a serialised sketch. The bytes come from outside: whatever they say, reading ends in a
 * sketch or in a {@link SketchCorruptError}, and nothing is allocated that the bytes themselves do not pay for.
 */
import { OperationalError } from "../base/errors.ts";

/** The bytes are not a sketch of the family that was asked for. Reading them again cannot succeed. */
export class SketchCorruptError extends OperationalError {
  override readonly name = "SketchCorruptError";

  constructor(family: string, problem: string) {
    super(`Not a readable ${family} sketch: ${problem}. Nothing was taken from it; make the file again.`, {
      code: "SKETCH_CORRUPT",
      retryable: false,
      context: { family, problem },
    });
  }
}

/** Family numbers of Apache DataSketches, byte 2 of every file. */
export const FAMILY_HLL = 7;
export const FAMILY_FREQUENT = 10;
export const FAMILY_KLL = 15;

export class SketchReader {
  readonly family: string;
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, family: string) {
    this.family = family;
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.bytes.length;
  }

  u8(at: number): number {
    this.need(at, 1);
    return this.bytes[at]!;
  }

  u16(at: number): number {
    this.need(at, 2);
    return this.#view.getUint16(at, true);
  }

  u32(at: number): number {
    this.need(at, 4);
    return this.#view.getUint32(at, true);
  }

  i32(at: number): number {
    this.need(at, 4);
    return this.#view.getInt32(at, true);
  }

  f32(at: number): number {
    this.need(at, 4);
    return this.#view.getFloat32(at, true);
  }

  f64(at: number): number {
    this.need(at, 8);
    return this.#view.getFloat64(at, true);
  }

  /** A 64-bit count; refused from 2^53 on, where doubles stop counting by one. */
  count(at: number): number {
    const value = this.u32(at) + this.u32(at + 4) * 2 ** 32;
    if (!Number.isSafeInteger(value)) this.fail(`a count of ${value} is beyond 2^53`);
    return value;
  }

  need(at: number, size: number): void {
    if (at + size > this.length) {
      this.fail(`it ends after ${this.length} bytes, where at least ${at + size} are needed`);
    }
  }

  check(condition: boolean, problem: string): void {
    if (!condition) this.fail(problem);
  }

  fail(problem: string): never {
    throw new SketchCorruptError(this.family, problem);
  }
}
