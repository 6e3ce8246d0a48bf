/**
 * Rows → QuestDB's line protocol, version 2: text, with doubles and lists of doubles in binary.
 *
 * The client's own `Sender` checks and escapes the name of every column of every row one character at a time, which
 * costs some 50 µs for a profile; here names are bytes made once. What is sent is the same to the byte, which
 * ilp-encoder.test.ts holds against the client's buffer. Its transport is used as it is.
 */
import { Buffer } from "node:buffer";
import { endianness } from "node:os";
import { InvariantError } from "../../base/errors.ts";
import type { Cell, Cells } from "../rows.ts";
import type { Table } from "../schema.ts";

/** A growing buffer starts so large and doubles. */
const BUFFER_BYTES_START = 65_536;
/** Up to this length, writing ASCII by hand is faster than the call into Node. */
const SHORT_TEXT_LENGTH = 24;

const COMMA = 0x2c;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const SPACE = 0x20;
const NEWLINE = 0x0a;
const SUFFIX_LONG = 0x69; // i
const SUFFIX_MICROS = 0x74; // t
const BINARY_DOUBLE = 16;
const BINARY_LIST = 14;
const LIST_OF_DOUBLES = 10;

interface EncodedColumn {
  readonly index: number;
  readonly type: Table["columns"][number]["type"];
  /** `name=` */
  readonly nameBytes: Buffer;
}

export class IlpEncoder {
  readonly #tableBytes: Buffer;
  /** The protocol wants symbols before all other columns, and the time that rows are partitioned by last. */
  readonly #symbols: readonly EncodedColumn[];
  readonly #others: readonly EncodedColumn[];
  #buffer = Buffer.allocUnsafe(BUFFER_BYTES_START);
  #length = 0;

  constructor(table: Table, tableName: string) {
    this.#tableBytes = Buffer.from(tableName);
    const columns = table.columns.map(({ name, type }, index) => ({
      index,
      type,
      nameBytes: Buffer.from(`${name}=`),
    }));
    this.#symbols = columns.filter(({ type }) => type === "symbol");
    this.#others = columns.filter(({ type, index }) => type !== "symbol" && index > 0);
  }

  /** The request's body: valid until the next call. A cell that is null is left out, and so is NULL. */
  encode(rows: readonly Cells[]): Buffer {
    this.#length = 0;
    for (const row of rows) this.#row(row);
    return this.#buffer.subarray(0, this.#length);
  }

  #row(row: Cells): void {
    this.#bytes(this.#tableBytes);
    for (const { index, nameBytes } of this.#symbols) {
      const cell = row[index]!;
      if (cell === null) continue;
      this.#byte(COMMA);
      this.#bytes(nameBytes);
      this.#text((cell as string).replace(/[ ,=\n\r\\]/g, "\\$&"));
    }
    let separator = SPACE;
    for (const column of this.#others) {
      const cell = row[column.index]!;
      if (cell === null) continue;
      this.#byte(separator);
      this.#bytes(column.nameBytes);
      this.#value(column.type, cell);
      separator = COMMA;
    }
    this.#byte(SPACE);
    this.#micros(row[0] as number);
    this.#byte(NEWLINE);
  }

  #value(type: EncodedColumn["type"], cell: NonNullable<Cell>): void {
    switch (type) {
      case "timestamp":
        this.#micros(cell as number);
        break;
      case "long":
        this.#number(String(cell), SUFFIX_LONG);
        break;
      case "double":
        this.#double(cell as number);
        break;
      case "double[]":
        this.#list(cell as Float64Array);
        break;
      case "varchar":
        this.#byte(QUOTE);
        this.#text((cell as string).replace(/["\n\r\\]/g, "\\$&"));
        this.#byte(QUOTE);
        break;
      case "symbol":
        throw new InvariantError("symbols are written before other columns");
    }
  }

  #double(value: number): void {
    this.#reserve(10);
    this.#buffer[this.#length++] = EQUALS;
    this.#buffer[this.#length++] = BINARY_DOUBLE;
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
  }

  #list(values: Float64Array): void {
    this.#reserve(8 + values.byteLength);
    this.#buffer[this.#length++] = EQUALS;
    this.#buffer[this.#length++] = BINARY_LIST;
    this.#buffer[this.#length++] = LIST_OF_DOUBLES;
    this.#buffer[this.#length++] = 1; // one dimension
    this.#length = this.#buffer.writeInt32LE(values.length, this.#length);
    if (LITTLE_ENDIAN) {
      this.#buffer.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), this.#length);
      this.#length += values.byteLength;
    } else {
      for (const value of values) this.#length = this.#buffer.writeDoubleLE(value, this.#length);
    }
  }

  #micros(timeMs: number): void {
    const micros = timeMs * 1_000;
    this.#number(
      Number.isSafeInteger(micros) ? String(micros) : String(BigInt(timeMs) * 1_000n),
      SUFFIX_MICROS,
    );
  }

  /** @param digits of a safe integer (which `String` writes without an exponent) or of a bigint. */
  #number(digits: string, suffix: number): void {
    this.#reserve(digits.length + 1);
    for (let i = 0; i < digits.length; i++) this.#buffer[this.#length++] = digits.charCodeAt(i);
    this.#buffer[this.#length++] = suffix;
  }

  #text(text: string): void {
    this.#reserve(text.length * 3);
    if (text.length > SHORT_TEXT_LENGTH || !this.#shortAscii(text)) {
      this.#length += this.#buffer.write(text, this.#length, "utf8");
    }
  }

  /** False, and nothing written, when a character is not ASCII. */
  #shortAscii(text: string): boolean {
    const start = this.#length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return false;
      this.#buffer[start + i] = code;
    }
    this.#length = start + text.length;
    return true;
  }

  #bytes(bytes: Buffer): void {
    this.#reserve(bytes.length);
    for (let i = 0; i < bytes.length; i++) this.#buffer[this.#length++] = bytes[i]!;
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = byte;
  }

  #reserve(byteCount: number): void {
    const needed = this.#length + byteCount;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, needed));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

const LITTLE_ENDIAN = endianness() === "LE";
