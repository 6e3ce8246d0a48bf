/** The laws catch what they are for: a suite that any detector passes would be worth nothing. */
import { describe, expect, test } from "vitest";
import type { Verdict } from "../../detectors/contract.ts";
import { insufficient, judged } from "../../detectors/lib/verdicts.ts";
import { expectMonotone, expectSoundVerdict } from "./detector.ts";

const sound: Verdict = judged(true, {
  statistic: 0.5,
  threshold: 0.1,
  effect: 0.4,
  significance: 9,
  sketchError: 0,
  summary: "price moved",
  parts: [
    { label: "low", reference: 0.5, current: 0.2, contribution: 0.3 },
    { label: "high", reference: 0.5, current: 0.8, contribution: 0.2 },
  ],
});

test("a sound verdict, and an insufficient one, pass", () => {
  expectSoundVerdict(sound, "sound");
  expectSoundVerdict(insufficient("too few rows"), "insufficient");
});

const unsound: readonly (readonly [string, Partial<Verdict>])[] = [
  ["a statistic of NaN", { statistic: Number.NaN }],
  ["an infinite significance", { significance: Number.POSITIVE_INFINITY }],
  ["a negative significance", { significance: -1 }],
  ["an effect of NaN", { effect: Number.NaN }],
  ["parts that do not add up", { parts: sound.parts.slice(1) }],
  ["an anomaly without an explanation", { parts: [] }],
  ["a part that holds NaN", { parts: [{ ...sound.parts[0]!, current: Number.NaN }, sound.parts[1]!] }],
  ["a certain verdict that is no anomaly", { answer: "ok", certain: true }],
  ["an insufficient verdict that measured something", { answer: "insufficient" }],
  ["an anomaly without a sentence", { summary: " " }],
];

describe("an unsound verdict is caught", () => {
  test.each(unsound)("%s", (_name, change) => {
    expect(() => expectSoundVerdict({ ...sound, ...change }, "unsound")).toThrow();
  });
});

test("an alarm that goes as the fault grows is caught, one that comes is not", () => {
  const quiet = judged(false, { ...sound, significance: 0 });
  expectMonotone([quiet, sound, sound], 4, "growing");
  expect(() => expectMonotone([quiet, sound, quiet], 4, "shrinking")).toThrow();
});
