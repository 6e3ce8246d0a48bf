import { expect, test } from "vitest";
import { TABLES, timeColumn } from "./schema.ts";
import { tablesReference } from "./tables-reference.ts";

// Stale? `npx vitest run --project unit src/store/tables-reference.test.ts -u`, and read the difference.
test("docs/reference/tables.md says what the schema says", async () => {
  await expect(tablesReference()).toMatchFileSnapshot("../../docs/reference/tables.md");
});

test("a table begins with its time, names its key by its columns, and says what each is", () => {
  for (const table of TABLES) {
    const names = table.columns.map(({ name }) => name);
    expect(timeColumn(table).type).toBe("timestamp");
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining([...table.key]));
    for (const { doc } of table.columns) expect(doc).toMatch(/\.$/);
  }
});

test("the columns of a profile are the last of their table", () => {
  for (const { columns } of TABLES) {
    const firstWithout = columns.findIndex(({ property }) => property === undefined);
    const tail = firstWithout < 0 ? [] : columns.slice(firstWithout);
    expect(tail.every(({ property }) => property === undefined)).toBe(true);
  }
});
