import { expect, test } from "vitest";
import { ManualClock } from "../base/clock.ts";
import { GroupCommit, type Refusal } from "./group-commit.ts";

/** A group commit whose flushes end when the test says so. */
function scripted(options: { intervalMs: number; rowsMax?: number }) {
  const clock = new ManualClock(0);
  const flushes: {
    items: readonly string[];
    end: (refusal?: Refusal) => void;
    fail: (error: Error) => void;
  }[] = [];
  const commits = new GroupCommit<string>({
    clock,
    intervalMs: options.intervalMs,
    rowsMax: options.rowsMax ?? 1_000,
    flush: (items) => new Promise((resolve, reject) => flushes.push({ items, end: resolve, fail: reject })),
  });
  const settled: string[] = [];
  const write = (...items: string[]) => {
    commits.write(items).then(
      () => settled.push(`${items} written`),
      (error: Error) => settled.push(`${items} ${error.message}`),
    );
  };
  return { clock, commits, flushes, settled, write };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("when idle a write leaves at once, and writes that come meanwhile leave together", async () => {
  const { flushes, settled, write } = scripted({ intervalMs: 0 });
  write("a");
  await turn();
  expect(flushes.map(({ items }) => items)).toEqual([["a"]]);
  write("b", "c");
  write("d");
  await turn();
  expect(flushes).toHaveLength(1);
  flushes[0]!.end();
  await turn();
  expect(flushes[1]!.items).toEqual(["b", "c", "d"]);
  expect(settled).toEqual(["a written"]);
  flushes[1]!.end();
  await turn();
  expect(settled).toEqual(["a written", "b,c written", "d written"]);
});

test("under load a flush begins at most once in the interval, unless too many rows wait", async () => {
  const { clock, flushes, write } = scripted({ intervalMs: 1_000, rowsMax: 3 });
  write("a");
  clock.advanceTo(1);
  await turn();
  flushes[0]!.end();
  await turn();
  write("b");
  clock.advanceTo(1_000);
  await turn();
  expect(flushes).toHaveLength(1);
  clock.advanceTo(1_001);
  await turn();
  expect(flushes[1]!.items).toEqual(["b"]);
  flushes[1]!.end();
  await turn();
  write("c", "d");
  write("e");
  write("f");
  await turn();
  expect(flushes[2]!.items).toEqual(["c", "d", "e"]);
});

test("a caller is told of a refusal only when one of its own rows was refused", async () => {
  const { flushes, settled, write } = scripted({ intervalMs: 0 });
  write("a", "b");
  write("c", "d");
  write("e");
  await turn();
  flushes[0]!.end({ indexes: new Set([2]), error: new Error("refused") });
  await turn();
  expect(settled).toEqual(["a,b written", "c,d refused", "e written"]);
});

test("a flush that fails fails its callers, and the next flush goes on", async () => {
  const { flushes, settled, write } = scripted({ intervalMs: 0 });
  write("a");
  await turn();
  write("b");
  flushes[0]!.fail(new Error("away"));
  await turn();
  flushes[1]!.end();
  await turn();
  expect(settled).toEqual(["a away", "b written"]);
});

test("a drain does not wait for the interval, and ends when nothing is left", async () => {
  const { clock, commits, flushes, settled, write } = scripted({ intervalMs: 60_000 });
  write("a");
  clock.advanceTo(1);
  await turn();
  flushes[0]!.end();
  await turn();
  write("b");
  await turn();
  expect(flushes).toHaveLength(1);
  const drained = commits.drain();
  await turn();
  flushes[1]!.end();
  await drained;
  await turn();
  expect(settled).toEqual(["a written", "b written"]);
});
