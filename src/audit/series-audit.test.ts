import { expect, test } from "vitest";
import type { SeriesDetector } from "../../detectors/contract.ts";
import { volume } from "../../detectors/volume/volume.ts";
import { HOURLY_CONTEXT } from "../../test/harness/hourly-context.ts";
import { type SeriesMemory, stepSeries } from "./series-audit.ts";

const HOUR_MS = 3_600_000;

const detector = volume as unknown as SeriesDetector;

function answersOf(memory: SeriesMemory, hours: number, detectors: readonly SeriesDetector[]): string[] {
  return Array.from({ length: hours }, (_, hour) => {
    const point = { startMs: hour * HOUR_MS, endMs: (hour + 1) * HOUR_MS, value: 100 };
    return stepSeries(
      memory,
      point,
      detectors,
      () => HOURLY_CONTEXT,
      (each) => each.defaults,
    )[0]!.step.verdict.answer;
  });
}

test("a memory whose shape an upgrade has changed is not misread: the detector learns anew", () => {
  const memory: SeriesMemory = {};
  expect(answersOf(memory, 40, [detector]).at(-1)).toBe("ok");
  const upgraded = { ...detector, memoryVersion: 99 };
  const answers = answersOf(memory, 40, [upgraded]);
  expect(answers[0]).toBe("insufficient");
  expect(answers.at(-1)).toBe("ok");
});

test("a memory from before versions were kept is not misread either", () => {
  const memory = { volume: { seen: 500 } } as unknown as SeriesMemory;
  expect(answersOf(memory, 1, [detector])).toEqual(["insufficient"]);
});
