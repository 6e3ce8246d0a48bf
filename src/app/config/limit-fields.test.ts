import { expect, test } from "vitest";
import { parseConfig } from "./load.ts";

test.each([
  ["{ feature: a, of: null-rate, above: 1 }", /limits\[0\]\.of/],
  ["{ feature: a, of: mean, abov: 1 }", /limits\[0\]\.abov: unknown key/],
  ["{ feature: a, of: mean }", /limits\[0\]\.above: a limit needs/],
  ["{ feature: a, of: mean, above: 1, below: 2 }", /limits\[0\]\.below/],
  ["{ feature: a, of: quantile, above: 1 }", /limits\[0\]\.q/],
  ['{ feature: "*", of: mean, above: 1 }', /limits\[0\]\.of/],
])("a limit %s is refused with its place", (yaml, place) => {
  expect(() => parseConfig(`detectors: { limits: [${yaml}] }`, {})).toThrow(place);
});
