import { expect, test } from "vitest";
import type { LaneSettings } from "../contract.ts";
import { laneHealth } from "./lane-health.ts";

const settings: LaneSettings = {
  windowSizeMs: 60_000,
  latenessMs: 10_000,
  judgingMsMax: 20_000,
  pageBudgetPerWeek: 0.25,
  gate: { insufficient: "unknown" },
};
const fine = { incidents: [], lastWindowMs: 0, answers: ["ok"] } as const;

test("a window may take its successor's length, lateness and judging before its lane counts as silent", () => {
  expect(laneHealth(fine, settings, 150_000).health).toBe("ok");
  expect(laneHealth(fine, settings, 150_001)).toEqual({ health: "silent", reason: "no window for 1m 30s" });
});

test("the worst that is true wins: an open incident over silence, silence over what was judged before", () => {
  const incidents = [
    { severity: "warn", title: "nulls" },
    { severity: "info", title: "note" },
  ] as const;
  expect(laneHealth({ ...fine, incidents }, settings, 1e12)).toEqual({
    health: "warn",
    reason: "nulls (and 1 more)",
  });
  expect(laneHealth({ ...fine, incidents: [incidents[1]] }, settings, 0).health).toBe("ok");
});

test("windows that nobody judges are not ok, and insufficient answers are learning", () => {
  expect(laneHealth({ ...fine, answers: [] }, settings, 0).health).toBe("unknown");
  expect(laneHealth({ ...fine, answers: ["insufficient"] }, settings, 0).health).toBe("learning");
  expect(laneHealth({ ...fine, answers: ["insufficient", "ok"] }, settings, 0).health).toBe("ok");
});
