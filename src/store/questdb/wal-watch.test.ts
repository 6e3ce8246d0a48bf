import { expect, test } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { WalWatch } from "./wal-watch.ts";

const table = "windows";

function start() {
  const clock = new ManualClock(0);
  const watch = new WalWatch(clock, 60_000);
  const observe = (atMs: number, appliedTxn: number, acknowledgedTxn: number, suspended = false) => {
    clock.advanceTo(atMs);
    return watch.observe([{ table, suspended, appliedTxn, acknowledgedTxn }]);
  };
  return { observe };
}

test("a table that lags but moves is well, however long it lags", () => {
  const { observe } = start();
  for (let i = 0; i < 10; i++) expect(observe(i * 59_000, i, i + 5)).toBeUndefined();
});

test("a table that stands still behind its log is not, once it has stood too long", () => {
  const { observe } = start();
  expect(observe(0, 7, 8)).toBeUndefined();
  expect(observe(59_999, 7, 9)).toBeUndefined();
  expect(observe(60_000, 7, 9)).toContain("has not applied");
  expect(observe(60_001, 8, 9)).toBeUndefined();
});

test("a table with nothing to apply may stand still for ever, and its first lag counts from then", () => {
  const { observe } = start();
  expect(observe(0, 7, 7)).toBeUndefined();
  expect(observe(500_000, 7, 7)).toBeUndefined();
  expect(observe(520_000, 7, 8)).toBeUndefined();
  expect(observe(559_999, 7, 8)).toBeUndefined();
  expect(observe(560_000, 7, 8)).toContain("has not applied");
});

test("a suspended table is not well at once", () => {
  expect(start().observe(0, 7, 7, true)).toContain("suspended");
});
