/** Rows of a CSV file as JSON lines: an empty cell is null, a cell that reads as a JSON number is one, the rest is text. */
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { parse } from "csv-parse";
import type { LineBlock } from "./lines.ts";
import { rowBlock } from "./rows.ts";

const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** @param rowsMax rows in a block. */
export async function* readCsvBlocks(path: string, rowsMax: number): AsyncGenerator<LineBlock> {
  const file: Readable = path === "-" ? process.stdin : createReadStream(path);
  const text: Readable = path.endsWith(".gz") ? file.pipe(createGunzip()) : file;
  const parser = parse({ columns: true, bom: true, relax_column_count: true, skip_empty_lines: true });
  text.on("error", (error: Error) => parser.destroy(error));
  let rows: Record<string, unknown>[] = [];
  for await (const row of text.pipe(parser) as AsyncIterable<Record<string, string>>) {
    rows.push(typed(row));
    if (rows.length < rowsMax) continue;
    yield rowBlock(rows);
    rows = [];
  }
  if (rows.length > 0) yield rowBlock(rows);
}

function typed(row: Readonly<Record<string, string>>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [column, cell] of Object.entries(row)) {
    values[column] = cell === "" ? null : JSON_NUMBER.test(cell) ? Number(cell) : cell;
  }
  return values;
}
