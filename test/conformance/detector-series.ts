import { expect, test } from "vitest";
import type { SeriesDetector, SeriesPoint, SeriesStep } from "../../detectors/contract.ts";
import { encodeMemory } from "../../src/audit/memory-codec.ts";
import { seededRandom } from "../../src/base/random.ts";
import { expectMonotone, expectSoundVerdict } from "./detector.ts";
import { CONTEXT } from "./detector-windows.ts";

/** Monday, 6 January 2025, 00:00 UTC. */
const START_MS = Date.UTC(2025, 0, 6);
const HOUR_MS = 3_600_000;
const WEEK = 168;

/** Laws of a detector that holds a series to its own past. */
export function seriesLaws(detector: SeriesDetector): void {
  test("the first window is insufficient: there is no past to hold it to", () => {
    for (const value of [0, 100, Number.NaN]) {
      expect(run(detector, pointsOf([value]))[0]!.verdict.answer).toBe("insufficient");
    }
  });

  test("a series that never changes is never anomalous", () => {
    for (const value of [0, 1, 100, 1e9]) {
      const steps = run(detector, pointsOf(Array(6 * WEEK).fill(value)));
      expect(
        steps.filter((step) => step.verdict.answer === "anomalous").map((s) => s.verdict.summary),
      ).toEqual([]);
    }
  });

  test("every verdict, expectation and limit is sound, whatever comes", () => {
    const values = seasonal(4 * WEEK).map((value, i) =>
      i % 97 === 0 ? Number.NaN : i % 131 === 0 ? 0 : value,
    );
    for (const [i, step] of run(detector, pointsOf([...values, 1e15, 0, Number.NaN, 0, 0])).entries()) {
      expectSoundVerdict(step.verdict, `window ${i}`);
      for (const limit of [step.expected, step.lowerLimit, step.upperLimit]) {
        expect(Math.abs(limit), `window ${i}`).not.toBe(Number.POSITIVE_INFINITY);
      }
      if (step.lowerLimit > step.upperLimit) expect.fail(`window ${i}: limits cross`);
    }
  });

  test("nothing measured is insufficient, never anomalous", () => {
    const values = [...seasonal(4 * WEEK), Number.NaN, Number.NaN];
    const steps = run(detector, pointsOf(values)).slice(-2);
    expect(steps.map((step) => step.verdict.answer)).toEqual(["insufficient", "insufficient"]);
  });

  test("the same windows in the same order give the same verdicts, also from a stored memory", () => {
    const points = pointsOf(seasonal(5 * WEEK));
    const straight = run(detector, points).map(answerOf);
    expect(run(detector, points).map(answerOf)).toEqual(straight);
    expect(run(detector, points, structuredClone).map(answerOf)).toEqual(straight);
  });

  test("a step changes neither point, context nor options", () => {
    const given = [
      { startMs: START_MS, endMs: START_MS + HOUR_MS, value: 5 },
      CONTEXT,
      detector.defaults,
    ] as const;
    const before = structuredClone(given);
    detector.step(given[0], detector.start(CONTEXT, detector.defaults), given[1], given[2]);
    expect(given).toEqual(before);
  });

  test("its memory does not grow with the number of windows", () => {
    const points = pointsOf(seasonal(40 * WEEK));
    const bytes = [20, 40].map(
      (weeks) => encodeMemory(run(detector, points.slice(0, weeks * WEEK)).at(-1)!.memory).length,
    );
    expect(bytes[1]).toBeLessThan(Math.max(4096, bytes[0]! * 1.1));
  });

  // After five weeks the next hour loses (or gains) more and more.
  test.each([
    ["down to nothing", -1],
    ["up to ten times", 9],
  ] as const)(
    "a growing change never looks smaller, and is not learned before it is judged (%s)",
    (title, last) => {
      const past = seasonal(5 * WEEK);
      const { memory } = run(detector, pointsOf(past)).at(-1)!;
      const point = pointsOf([...past, seasonalAt(past.length)]).at(-1)!;
      const verdicts = [0, 0.1, 0.3, 0.5, 0.8, 1].map((size) => {
        const value = Math.round(point.value * (1 + last * size));
        return detector.step({ ...point, value }, structuredClone(memory), CONTEXT, detector.defaults)
          .verdict;
      });
      expectMonotone(verdicts, 0, title);
    },
  );
}

/** A step without its memory, which the next step may change in place. */
function answerOf({ verdict, expected, lowerLimit, upperLimit }: SeriesStep<unknown>) {
  return { verdict, expected, lowerLimit, upperLimit };
}

function run(
  detector: SeriesDetector,
  points: readonly SeriesPoint[],
  store: (memory: unknown) => unknown = (memory) => memory,
): SeriesStep<unknown>[] {
  let memory = detector.start(CONTEXT, detector.defaults);
  return points.map((point) => {
    const step = detector.step(point, memory, CONTEXT, detector.defaults);
    memory = store(step.memory);
    return step;
  });
}

function pointsOf(values: readonly number[]): SeriesPoint[] {
  return values.map((value, i) => ({
    startMs: START_MS + i * HOUR_MS,
    endMs: START_MS + (i + 1) * HOUR_MS,
    value,
  }));
}

/** Hourly counts with a day and a week in them, and noise of some 3 %. */
function seasonal(count: number): number[] {
  const random = seededRandom(7);
  return Array.from({ length: count }, (_, i) =>
    Math.round(seasonalAt(i) * (1 + 0.1 * (random() + random() - 1) * 0.5)),
  );
}

function seasonalAt(hour: number): number {
  const weekend = Math.floor(hour / 24) % 7 >= 5 ? 0.6 : 1;
  return Math.round(2000 * weekend * (1 + 0.5 * Math.sin((2 * Math.PI * (hour % 24)) / 24)));
}
