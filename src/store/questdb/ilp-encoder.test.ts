import { createBuffer, type SenderBufferV2, SenderOptions } from "@questdb/nodejs-client";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Cell, Cells } from "../rows.ts";
import { type Column, TABLES, type Table } from "../schema.ts";
import { IlpEncoder } from "./ilp-encoder.ts";

// The client's buffer is the reference: the same rows through both, for every table and any text and number.
test.each(TABLES.map((table) => [table.name, table] as const))(
  "rows of %s are encoded to the same bytes as the client's own buffer makes",
  (_, table) => {
    const encoder = new IlpEncoder(table, `x_${table.name}`);
    fc.assert(
      fc.property(fc.array(rowOf(table), { minLength: 1, maxLength: 5 }), (rows) => {
        expect(encoder.encode(rows).equals(clientBytes(table, `x_${table.name}`, rows))).toBe(true);
      }),
      { numRuns: 300 },
    );
  },
);

test("a request far larger than the buffer began is whole", () => {
  const table = TABLES.find(({ name }) => name === "states")!;
  const rows: Cells[] = Array.from({ length: 300 }, (_, i) => [0, `key ${i}`, "漢\n".repeat(1_000 + i)]);
  expect(new IlpEncoder(table, "states").encode(rows).equals(clientBytes(table, "states", rows))).toBe(true);
});

function rowOf(table: Table): fc.Arbitrary<Cells> {
  const cells = table.columns.map((column, i) => (i === 0 ? TIME : fc.option(cellOf(column), { nil: null })));
  // The protocol cannot carry a row with neither symbol nor column; no table's key allows one.
  return fc.tuple(...cells).filter((row) => row.slice(1).some((cell) => cell !== null));
}

const TIME = fc.integer({ min: 0, max: 8_640_000_000_000_000 });
const TEXT = fc.oneof(
  fc.string({ minLength: 1, unit: "binary", maxLength: 60 }),
  fc.stringMatching(/^[ ,="\\\n\ra-z]{1,60}$/),
);

function cellOf({ type }: Column): fc.Arbitrary<Cell> {
  switch (type) {
    case "timestamp":
      return fc.integer({ min: -8_640_000_000_000, max: 8_640_000_000_000 });
    case "long":
      return fc.maxSafeInteger();
    case "double":
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case "double[]":
      return fc.float64Array({ minLength: 1, maxLength: 40 });
    case "symbol":
    case "varchar":
      return TEXT;
  }
}

function clientBytes(table: Table, tableName: string, rows: readonly Cells[]): Buffer {
  const options = new SenderOptions("http::addr=localhost:9000;auto_flush=off;protocol_version=2;");
  const buffer = createBuffer(options) as SenderBufferV2;
  for (const row of rows) {
    buffer.table(tableName);
    const filled = table.columns.map((column, i) => ({ column, cell: row[i]! })).slice(1);
    for (const { column, cell } of filled) {
      if (cell !== null && column.type === "symbol") buffer.symbol(column.name, cell);
    }
    for (const { column, cell } of filled) {
      if (cell !== null && column.type !== "symbol") addColumn(buffer, column, cell);
    }
    buffer.at(row[0] as number, "ms");
  }
  return buffer.toBufferNew();
}

function addColumn(buffer: SenderBufferV2, { name, type }: Column, cell: NonNullable<Cell>): void {
  if (type === "timestamp") buffer.timestampColumn(name, cell as number, "ms");
  else if (type === "long") buffer.intColumn(name, cell as number);
  else if (type === "double") buffer.floatColumn(name, cell as number);
  else if (type === "double[]") buffer.arrayColumn(name, Array.from(cell as Float64Array));
  else buffer.stringColumn(name, cell as string);
}
