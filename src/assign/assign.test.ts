import { expect, test } from "vitest";
import { LaneRules, type LaneWindows } from "./lane.ts";
import { judgeLateness } from "./lateness.ts";
import { Watermark } from "./watermark.ts";
import { windowStartMs } from "./window.ts";

const lane: LaneWindows = {
  windowSizeMs: 60_000,
  allowedLatenessMs: 0,
  lateMaxMs: 10_000,
  futureMaxMs: 1_000,
};

test("windows are half-open and tumble from the epoch, before it too", () => {
  expect([0, 59_999, 60_000, -1].map((ms) => windowStartMs(ms, 60_000))).toEqual([0, 0, 60_000, -60_000]);
});

test("the first rule whose pattern matches holds; every character but * stands for itself", () => {
  const rules = new LaneRules("default", [
    { match: "prod/*", settings: "prod" },
    { match: "a.b", settings: "dot" },
    { match: "*", settings: "rest" },
  ]);
  expect(["prod/eu", "prod/", "a.b", "axb", "other\nline"].map((name) => rules.of(name))).toEqual([
    "prod",
    "prod",
    "dot",
    "rest",
    "rest",
  ]);
  expect(new LaneRules("default", []).of("x")).toBe("default");
});

test("late and future are decided by the log's own time", () => {
  expect(judgeLateness(100_000, 100_000, 0, lane)).toBe("ok");
  expect(judgeLateness(90_000, 100_000, 0, lane)).toBe("ok");
  expect(judgeLateness(89_999, 100_000, 0, lane)).toBe("late");
  expect(judgeLateness(101_001, 100_000, 0, lane)).toBe("future");
});

test("where the log keeps no time nothing is late, and the run's own time bounds the future", () => {
  expect(judgeLateness(0, Number.NaN, 1e12, lane)).toBe("ok");
  expect(judgeLateness(Date.UTC(2099, 0), Number.NaN, Date.UTC(2026, 0), lane)).toBe("future");
});

test("a watermark only rises", () => {
  const watermark = new Watermark();
  expect([5, 3, 5, 7].map((ms) => watermark.observe(ms))).toEqual([true, false, false, true]);
  expect(watermark.eventTimeMaxMs).toBe(7);
});
