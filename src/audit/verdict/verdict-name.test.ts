import { expect, test } from "vitest";
import { isHeldToReference, isOfLimitsAlone, limitName } from "./verdict-name.ts";

test.each([
  ["price:limit@null-share,*:limit@rate-per-minute", true],
  ["price:limit@a%3Ab", true],
  ["price:limit@null-share,price:ks", false],
  ["price:ks@imported/training", false],
  ["limit@x:ks", false],
  ["", false],
])("of %s, limits alone: %s", (members, alone) => {
  expect(isOfLimitsAlone(members)).toBe(alone);
});

test("a limit is named as its owner called it, and is no comparison with a baseline", () => {
  expect(limitName("a:b, c")).toBe("limit@a%3Ab%2C c");
  expect(isHeldToReference(limitName("p99"))).toBe(false);
});
