import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { readLineBlocks } from "./lines.ts";

const folder = mkdtempSync(join(tmpdir(), "lanewatch-lines-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Copies each line before the next block is asked for, since the blocks share one buffer. */
async function linesOf(path: string, blockBytes: number, lineBytesMax?: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const { bytes, starts, ends, lineCount } of readLineBlocks(path, blockBytes, lineBytesMax))
    for (let i = 0; i < lineCount; i++) lines.push(bytes.toString("utf8", starts[i]!, ends[i]!));
  return lines;
}

test("the lines of a file come back whole and in order, wherever blocks end, packed or not", async () => {
  const path = join(folder, "any.jsonl");
  const lines = fc.array(fc.string({ unit: fc.constantFrom("a", "é", "{", " "), maxLength: 40 }), {
    maxLength: 60,
  });
  await fc.assert(
    fc.asyncProperty(
      lines,
      fc.integer({ min: 1, max: 64 }),
      fc.boolean(),
      async (some, blockBytes, ended) => {
        const text = some.join("\n") + (ended ? "\n" : "");
        const expected = text.split("\n");
        if (expected.at(-1) === "") expected.pop();
        writeFileSync(path, text);
        expect(await linesOf(path, blockBytes)).toEqual(expected);
        writeFileSync(`${path}.gz`, gzipSync(text));
        expect(await linesOf(`${path}.gz`, Math.max(64, blockBytes))).toEqual(expected);
      },
    ),
    { numRuns: 100, seed: 3 },
  );
});

test("a line longer than the bound is handed out cut, once, and the next one is whole", async () => {
  const path = join(folder, "long.jsonl");
  writeFileSync(path, `short\n${"x".repeat(500)}\nafter\n${"y".repeat(300)}`);
  const lines = await linesOf(path, 16, 100);
  expect(lines).toHaveLength(4);
  const [short, cut, after, last] = lines;
  expect([short, after]).toEqual(["short", "after"]);
  expect(cut!.length).toBeGreaterThan(100);
  expect(cut).toMatch(/^x+$/);
  expect(last).toMatch(/^y+$/);
});
