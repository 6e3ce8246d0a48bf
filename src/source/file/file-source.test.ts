/** Real files that are rotated, cut short, replaced or written to while they are read, or between two runs. */
import {
  appendFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RecordingHandler } from "../../../test/harness/recording-handler.ts";
import { ManualClock } from "../../base/clock.ts";
import { Telemetry } from "../../base/telemetry.ts";
import { FileSource } from "./file-source.ts";
import { fileOptionsSchema } from "./options.ts";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lanewatch-files-"));
  path = join(folder, "rows.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `{"n":${from + i}}\n`).join("");
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

/** Reads the file to its end; `meanwhile` runs once, while the records from `at` on, the first by default, are with the handler. */
async function read(
  options: { meanwhile?: () => void; at?: number; before?: RecordingHandler; file?: string } = {},
) {
  const { meanwhile, at = 0, before, file = path } = options;
  const telemetry = new Telemetry({ level: "silent" });
  const source = new FileSource("files", fileOptionsSchema.parse({ paths: [file] }), {
    clock: new ManualClock(0),
    telemetry,
    watermarkMs: () => 0,
  });
  const handler = new RecordingHandler();
  if (before !== undefined) {
    handler.logIds = before.logIds;
    handler.resume = () => before.ends()[`${file}/0`];
  }
  handler.during = async ({ startOffset }) => {
    if (startOffset === at) meanwhile?.();
  };
  const failure = await source
    .start(handler)
    .then(() => source.finished)
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  const told = async (metric: string) =>
    (await telemetry.registry.getSingleMetric(`lanewatch_source_files_${metric}_total`)?.get())?.values[0]
      ?.value ?? 0;
  return { handler, failure, grown: await told("grown"), renamed: await told("renamed") };
}

test("a file that nobody touches is counted once, with or without a newline at its end, and nothing is told", async () => {
  for (const text of [lines(0, 50), lines(0, 50).trimEnd()]) {
    writeFileSync(path, text);
    const { handler, ...told } = await read();
    expect(handler.numbers()).toEqual(range(0, 50));
    expect(told).toEqual({ failure: undefined, grown: 0, renamed: 0 });
  }
});

// As logrotate does: the name goes to a new file, the writer's old one keeps its lines.
test("a file that is renamed while it is read is counted to its end, and that the new one is not read is told", async () => {
  writeFileSync(path, lines(0, 400_000));
  const { handler, failure, renamed } = await read({
    meanwhile: () => {
      renameSync(path, `${path}.1`);
      writeFileSync(path, lines(900_000, 900_010));
    },
  });
  expect(handler.numbers()).toEqual(range(0, 400_000));
  expect([failure, renamed]).toEqual([undefined, 1]);
});

test("a file that is removed while it is read is counted to its end, and told", async () => {
  writeFileSync(path, lines(0, 400_000));
  const { handler, renamed } = await read({ meanwhile: () => unlinkSync(path) });
  expect(handler.numbers()).toHaveLength(400_000);
  expect(renamed).toBe(1);
});

test("what is appended before the end is reached is counted", async () => {
  writeFileSync(path, lines(0, 400_000));
  const { handler, failure, grown } = await read({
    meanwhile: () => appendFileSync(path, lines(400_000, 400_010)),
  });
  expect(handler.numbers()).toHaveLength(400_010);
  expect([failure, grown]).toEqual([undefined, 0]);
});

// The half of a line is handed over once the end was seen: the writer goes on just then.
test("what is appended after the end was reached is told, and the next run on the same store counts it", async () => {
  writeFileSync(path, `${lines(0, 10)}{"n":1`);
  const first = await read({ at: 10, meanwhile: () => appendFileSync(path, `0}\n${lines(11, 20)}`) });
  expect(first.handler.values().at(-1)).toBe('{"n":1');
  expect([first.failure, first.grown]).toEqual([undefined, 1]);
  const second = await read({ before: first.handler });
  expect(second.handler.numbers()).toEqual(range(0, 20));
  expect([second.failure, second.grown]).toEqual([undefined, 0]);
});

test("a file that is cut short while it is read ends the source", async () => {
  writeFileSync(path, lines(0, 900_000));
  const { failure } = await read({ meanwhile: () => truncateSync(path, 100) });
  expect(failure).toMatchObject({ code: "SOURCE_FILE_REWRITTEN", retryable: false });
});

// As logrotate's copytruncate does, and the writer has already written more than what was read.
test("a file that is begun anew while it is read ends the source, though it is longer than before", async () => {
  writeFileSync(path, lines(0, 400_000));
  const { failure } = await read({ meanwhile: () => writeFileSync(path, lines(400_000, 900_000)) });
  expect(failure).toMatchObject({ code: "SOURCE_FILE_REWRITTEN" });
});

test("another file under the same name is refused by the next run on the same store, before anything is counted", async () => {
  writeFileSync(path, lines(0, 50));
  const first = await read();
  writeFileSync(path, lines(50, 200));
  const second = await read({ before: first.handler });
  expect(second.failure).toMatchObject({ code: "SOURCE_LOG_REPLACED", context: { path, countedTo: 50 } });
  expect(second.handler.cuts).toEqual([]);
});

test("a table is told from another with the same columns, a packed file from another", async () => {
  const csv = join(folder, "rows.csv");
  const gz = join(folder, "rows.jsonl.gz");
  for (const [file, one, two] of [
    [csv, "n,m\n1,2\n3,4\n", "n,m\n5,6\n7,8\n9,9\n"],
    [gz, gzipSync(lines(0, 50)), gzipSync(lines(50, 200))],
  ] as const) {
    writeFileSync(file, one);
    const first = await read({ file });
    expect((await read({ file, before: first.handler })).failure).toBeUndefined();
    writeFileSync(file, two);
    expect((await read({ file, before: first.handler })).failure).toMatchObject({
      code: "SOURCE_LOG_REPLACED",
    });
  }
});

test("a file that was cut short since the last run is told at its end", async () => {
  writeFileSync(path, lines(0, 50));
  const first = await read();
  writeFileSync(path, lines(0, 20));
  const { failure } = await read({ before: first.handler });
  expect(failure).toMatchObject({ code: "SOURCE_LOG_WENT_BACK", context: { lineCount: 20, countedTo: 50 } });
});

test("the same file, read again or grown since, is no other", async () => {
  writeFileSync(path, lines(0, 50));
  const first = await read();
  appendFileSync(path, lines(50, 80));
  const second = await read({ before: first.handler });
  expect(second.handler.numbers()).toEqual(range(0, 80));
  expect(second.failure).toBeUndefined();
});
