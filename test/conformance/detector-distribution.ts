import { expect, test } from "vitest";
import type {
  DistributionDetector,
  DistributionSnapshot,
  FeatureKind,
  Reference,
  Verdict,
} from "../../detectors/contract.ts";
import { theoryLimit } from "../../detectors/lib/verdicts.ts";
import { encodeMemory } from "../../src/audit/memory-codec.ts";
import { expectMonotone, expectSoundVerdict } from "./detector.ts";
import { CONTEXT, FAULT_SIZES, FAULTS, referenceOf, rowsOf, windowOf } from "./detector-windows.ts";

/** Rows in a window, and in the reference. */
const WINDOW_ROWS = 300;
const REFERENCE_ROWS = 4000;
/** Accepted windows before a fault: enough for whatever a detector learns. */
const LEARNED_WINDOWS = 40;

/** Laws of a detector that holds a distribution to a reference, for each kind of feature that it says it can judge. */
export function distributionLaws(detector: DistributionDetector): void {
  test("it names the kinds of feature that it can judge, each once", () => {
    expect(detector.featureKinds.length).toBeGreaterThan(0);
    expect(new Set(detector.featureKinds).size).toBe(detector.featureKinds.length);
  });

  for (const kind of detector.featureKinds) lawsForKind(detector, kind);

  test("numbers that are constant, huge, tiny, negative or not finite never break it", () => {
    const reference = referenceOf(windowOf(Array.from({ length: 500 }, (_, i) => i % 7)));
    const odd = [
      Array(100).fill(3.5),
      Array(100).fill(1e299),
      Array(100).fill(5e-324),
      Array(100).fill(Number.NaN),
    ];
    const oddWindows = [
      ...odd,
      Array.from({ length: 100 }, (_, i) => (i % 2 ? -1e299 : 1e299)),
      Array(100).fill(-0),
    ];
    for (const [i, rows] of oddWindows.entries()) {
      const window = windowOf(rows);
      expectSoundVerdict(judge(detector, reference, window), `odd window ${i}`);
      if (window.numberCount > window.nonFiniteCount) {
        expectSoundVerdict(judge(detector, referenceOf(window), reference.snapshot), `odd reference ${i}`);
      }
    }
  });
}

function lawsForKind(detector: DistributionDetector, kind: FeatureKind): void {
  const reference = referenceOf(windowOf(rowsOf(kind, REFERENCE_ROWS, 1)));
  const rows = rowsOf(kind, WINDOW_ROWS, 2);

  test(`${kind}: an empty window, or an empty reference, is insufficient`, () => {
    expect(judge(detector, reference, windowOf([])).answer).toBe("insufficient");
    expect(judge(detector, referenceOf(windowOf([]), 0), windowOf(rows)).answer).toBe("insufficient");
    expect(judge(detector, referenceOf(windowOf([]), 0), windowOf([])).answer).toBe("insufficient");
  });

  test(`${kind}: the same rows as the reference are never anomalous, at any size, learned or not`, () => {
    for (const count of [1, 5, 20, 100, 1000]) {
      const same = windowOf(rowsOf(kind, count, 3));
      for (const memory of [start(detector), learned(detector, referenceOf(same), same)]) {
        const verdict = detector.judge(referenceOf(same, 1), same, memory, CONTEXT, detector.defaults);
        expect(verdict.answer, `${count} rows: ${verdict.summary}`).not.toBe("anomalous");
        expectSoundVerdict(verdict, `${count} rows`);
      }
    }
  });

  test(`${kind}: judging changes neither memory, reference, window, context nor options`, () => {
    const memory = replay(detector, kind, reference, 3).memory;
    const window = windowOf(rows);
    const given = [reference, window, memory, CONTEXT, detector.defaults] as const;
    const before = structuredClone(given);
    const first = detector.judge(...given);
    expect(given).toEqual(before);
    expect(detector.judge(...given)).toEqual(first);
  });

  test(`${kind}: the same windows in the same order give the same verdicts, also from a stored memory`, () => {
    const straight = replay(detector, kind, reference, LEARNED_WINDOWS);
    expect(replay(detector, kind, reference, LEARNED_WINDOWS).verdicts).toEqual(straight.verdicts);
    const stored = replay(detector, kind, reference, LEARNED_WINDOWS, structuredClone);
    expect(stored.verdicts).toEqual(straight.verdicts);
    expect(stored.memory).toEqual(straight.memory);
  });

  test(`${kind}: its memory does not grow with the number of windows`, () => {
    const bytes = [1500, 3000].map(
      (count) => encodeMemory(replay(detector, kind, reference, count, same, 30).memory).length,
    );
    expect(bytes[1]).toBeLessThan(Math.max(4096, bytes[0]! * 1.1));
  });

  const { memory } = replay(detector, kind, reference, LEARNED_WINDOWS);
  test.each(Object.keys(FAULTS))(
    `${kind}: a growing fault never looks smaller, and every verdict is sound (%s)`,
    (name) => {
      const verdicts = FAULT_SIZES.map((size) =>
        detector.judge(reference, windowOf(FAULTS[name]!(rows, size)), memory, CONTEXT, detector.defaults),
      );
      for (const [i, verdict] of verdicts.entries()) expectSoundVerdict(verdict, `size ${FAULT_SIZES[i]}`);
      expectMonotone(
        verdicts.filter((verdict) => verdict.answer !== "insufficient"),
        theoryLimit(CONTEXT),
        name,
      );
    },
  );
}

interface Replayed {
  readonly verdicts: Verdict[];
  readonly memory: unknown;
}

function same<T>(value: T): T {
  return value;
}

/** Judges and learns windows of the kind's own population, one after the other, as the audit does. */
function replay(
  detector: DistributionDetector,
  kind: FeatureKind,
  reference: Reference,
  count: number,
  store: (memory: unknown) => unknown = same,
  rowCount = WINDOW_ROWS,
): Replayed {
  // Ten populations taken in turn: what is new about a window ends, what must be remembered of it must not grow.
  const windows = Array.from({ length: Math.min(count, 10) }, (_, i) =>
    windowOf(rowsOf(kind, rowCount, 100 + i)),
  );
  const verdicts: Verdict[] = [];
  let memory = start(detector);
  for (let i = 0; i < count; i++) {
    const window = windows[i % windows.length]!;
    const verdict = detector.judge(reference, window, memory, CONTEXT, detector.defaults);
    verdicts.push(verdict);
    memory = store(detector.learn(reference, window, verdict, memory, CONTEXT, detector.defaults));
  }
  return { verdicts, memory };
}

function learned(
  detector: DistributionDetector,
  reference: Reference,
  window: DistributionSnapshot,
): unknown {
  let memory = start(detector);
  for (let i = 0; i < LEARNED_WINDOWS; i++) {
    const verdict = detector.judge(reference, window, memory, CONTEXT, detector.defaults);
    memory = detector.learn(reference, window, verdict, memory, CONTEXT, detector.defaults);
  }
  return memory;
}

function judge(detector: DistributionDetector, reference: Reference, window: DistributionSnapshot): Verdict {
  return detector.judge(reference, window, start(detector), CONTEXT, detector.defaults);
}

function start(detector: DistributionDetector): unknown {
  return detector.start(CONTEXT, detector.defaults);
}
