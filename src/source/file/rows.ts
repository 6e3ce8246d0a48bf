import type { LineBlock } from "./lines.ts";

/** Rows of a table as a block of JSON lines, so that a table goes the same way as a topic. */
export function rowBlock(rows: readonly Readonly<Record<string, unknown>>[]): LineBlock {
  const starts = new Int32Array(rows.length);
  const ends = new Int32Array(rows.length);
  const lines: Buffer[] = [];
  let start = 0;
  rows.forEach((row, i) => {
    const line = Buffer.from(JSON.stringify(row, plainValue));
    lines.push(line);
    starts[i] = start;
    start += line.length;
    ends[i] = start;
  });
  return { bytes: Buffer.concat(lines), starts, ends, lineCount: rows.length };
}

/** Values that JSON lacks: a 64-bit integer becomes a number where it fits exactly and text where not; bytes become base64. */
function plainValue(_key: string, value: unknown): unknown {
  if (typeof value === "bigint")
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return value;
}
