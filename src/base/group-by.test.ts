import { expect, test } from "vitest";
import { groupBy } from "./group-by.ts";

test("groups stand in the order of their first thing, and the things in each in the order in which they came", () => {
  const groups = groupBy(["b1", "a1", "b2", "c1", "a2"], (name) => name[0]!);
  expect([...groups]).toEqual([
    ["b", ["b1", "b2"]],
    ["a", ["a1", "a2"]],
    ["c", ["c1"]],
  ]);
  expect(groupBy(new Set<number>(), String).size).toBe(0);
});
