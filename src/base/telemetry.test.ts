import { expect, test } from "vitest";
import { ManualClock } from "./clock.ts";
import { Telemetry } from "./telemetry.ts";

function world() {
  const lines: { level: number; msg: string; leftOut?: number; error?: string }[] = [];
  const clock = new ManualClock(0);
  const telemetry = new Telemetry({
    clock,
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
  });
  return { lines, clock, telemetry };
}

test("an engine that is away for an hour is said ten times a minute at most, and how often it was not said", () => {
  const { lines, clock, telemetry } = world();
  for (let second = 0; second < 3_600; second++) {
    clock.advanceTo(second * 1_000);
    telemetry.log("warn", "QuestDB is not ready");
  }
  expect(lines).toHaveLength(600);
  expect(lines.slice(0, 11).map(({ leftOut }) => leftOut)).toEqual([...Array(10).fill(undefined), 50]);
  expect(lines.reduce((sum, { leftOut = 0 }) => sum + leftOut, lines.length)).toBe(3_550);
});

test("what is said often takes nothing from another message, and nothing from what is no complaint", () => {
  const { lines, telemetry } = world();
  for (let i = 0; i < 30; i++) {
    telemetry.error("the store is away", new Error(`no. ${i}`));
    telemetry.log("info", "a window was merged");
  }
  telemetry.log("warn", "Redis is away");
  const count = (message: string) => lines.filter(({ msg }) => msg === message).length;
  expect(["the store is away", "a window was merged", "Redis is away"].map(count)).toEqual([10, 30, 1]);
  expect(lines[0]).toMatchObject({ level: 50, error: "no. 0" });
});

test("what was left out is counted all the same", async () => {
  const { lines, telemetry } = world();
  for (let i = 0; i < 30; i++)
    telemetry.event("warn", "source_refusals", "The broker refused", { why: "quota" });
  expect(lines).toHaveLength(10);
  expect(await telemetry.registry.metrics()).toContain('lanewatch_source_refusals_total{why="quota"} 30');
});
