import { expect, test } from "vitest";
import { sourceCounts } from "./source-counts.ts";

const DAY_MS = 86_400_000;

function lane(swimlane: string, source: string, lastFilledMs: number) {
  return { name: { swimlane, source }, lastFilledMs };
}

test("a lane has as many sources as brought records in the last week", () => {
  const counts = sourceCounts([
    lane("prod", "web", 100 * DAY_MS),
    lane("prod", "app", 94 * DAY_MS),
    lane("prod", "retired", 93 * DAY_MS),
    lane("dev", "web", 10 * DAY_MS),
  ]);
  expect([...counts]).toEqual([
    ["prod", 2],
    ["dev", 1],
  ]);
});

test("a lane whose sources have brought nothing yet counts each of them", () => {
  const never = Number.NEGATIVE_INFINITY;
  expect(sourceCounts([lane("new", "a", never), lane("new", "b", never)]).get("new")).toBe(2);
  expect(sourceCounts([]).size).toBe(0);
});
