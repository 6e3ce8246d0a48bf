// @ts-check
/**
 * Whole-number share: are there suddenly more (or fewer) whole numbers than this feature has by habit?
 *
 * Amounts in cents that arrive as euros, a rounding that someone added, an integer column that a join turned into
 * floats: the distribution hardly moves, but the share of whole numbers does. A worked example of a detector of
 * one's own: docs/guides/write-a-detector.md goes through it line by line. It imports nothing.
 *
 * @typedef {{ differenceMin: number, countMin: number }} Options
 * @typedef {{ windowCount: number, squareSum: number }} Memory
 * @typedef {import("../../../detectors/contract.ts").DistributionSnapshot} Snapshot
 * @typedef {import("../../../detectors/contract.ts").Verdict} Verdict
 */

/** @type {import("../../../detectors/contract.ts").DistributionDetector<Options, Memory>} */
export const wholeNumberShare = {
  input: "distribution",
  name: "whole-number-share",
  summary: "More or fewer whole numbers than this feature has by habit",
  defaults: { differenceMin: 0.05, countMin: 30 },
  featureKinds: ["numeric"],
  // Whole numbers are told apart from others only while every value is kept: ask for the window as it came.
  heldTo: "frozen",

  // What it remembers of accepted windows: how far their shares lay from the reference, in units of plain chance.
  start: () => ({ windowCount: 0, squareSum: 0 }),

  judge(reference, current, memory, context, options) {
    const compared = compare(reference.snapshot, current);
    if (compared.countMin < options.countMin) {
      return insufficient(`${compared.countMin} numbers on one side; ${options.countMin} are needed`);
    }
    const { before, now, difference, sketchError } = compared;
    // A lane that scatters more than chance by itself has taught us so; one that scatters less changes nothing.
    const scatter = Math.max(1, Math.sqrt((1 + memory.squareSum) / (1 + memory.windowCount)));
    const unexplained = Math.max(0, Math.abs(difference) - sketchError);
    const significance = twoSidedSignificance(unexplained / (compared.deviation * scatter));
    const anomalous = unexplained > options.differenceMin && significance >= budgetLimit(context);
    return {
      answer: anomalous ? "anomalous" : "ok",
      statistic: difference,
      threshold: options.differenceMin + sketchError,
      effect: unexplained,
      significance,
      sketchError,
      severity: anomalous ? "warn" : "info",
      certain: false,
      summary: `${context.feature}: ${percent(now)} whole numbers, was ${percent(before)}`,
      parts: [{ label: "whole numbers", reference: before, current: now, contribution: difference }],
    };
  },

  learn(reference, current, _verdict, memory, _context, options) {
    const { countMin, difference, deviation } = compare(reference.snapshot, current);
    if (countMin < options.countMin) return memory;
    // Halved now and then, so that it follows the lane and its numbers stay small: a memory must never grow.
    const fade = memory.windowCount >= 200 ? 0.5 : 1;
    return {
      windowCount: memory.windowCount * fade + 1,
      squareSum: memory.squareSum * fade + (difference / deviation) ** 2,
    };
  },
};

/** @param {Snapshot} reference @param {Snapshot} current */
function compare(reference, current) {
  const [n, m] = [finiteCount(reference), finiteCount(current)];
  const [before, now] = [wholeShare(reference), wholeShare(current)];
  // Half a row on either side keeps a share of exactly 0 or 1 from looking infinitely certain.
  const pooled = (before * n + now * m + 0.5) / (n + m + 1);
  return {
    countMin: Math.min(n, m),
    before,
    now,
    difference: now - before,
    deviation: Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m)),
    sketchError: reference.rankErrorMax + current.rankErrorMax,
  };
}

/** @param {Snapshot} snapshot */
function finiteCount(snapshot) {
  return snapshot.cumulativeCounts[snapshot.cumulativeCounts.length - 1] ?? 0;
}

/** @param {Snapshot} snapshot */
function wholeShare(snapshot) {
  let whole = 0;
  snapshot.values.forEach((value, i) => {
    const count = (snapshot.cumulativeCounts[i] ?? 0) - (snapshot.cumulativeCounts[i - 1] ?? 0);
    if (Number.isInteger(value)) whole += count;
  });
  return whole / Math.max(1, finiteCount(snapshot));
}

/** −log10 of the two-sided normal p-value, by Mills's ratio: good to 10 % beyond z = 2, and never an infinity. @param {number} z */
function twoSidedSignificance(z) {
  if (z < 1) return 0;
  const logP = Math.log(2 / Math.sqrt(2 * Math.PI)) - (z * z) / 2 - Math.log((z + Math.sqrt(z * z + 4)) / 2);
  return Math.max(0, -logP / Math.LN10);
}

/** The significance that keeps the page budget over a week of tests. @param {import("../../../detectors/contract.ts").DetectorContext} context */
function budgetLimit(context) {
  const testsPerWeek = (604_800_000 / context.windowSizeMs) * context.familySize;
  return Math.max(3, Math.log10(testsPerWeek / context.pageBudgetPerWeek));
}

/** @param {string} summary @returns {Verdict} */
function insufficient(summary) {
  return {
    answer: "insufficient",
    statistic: Number.NaN,
    threshold: Number.NaN,
    effect: 0,
    significance: 0,
    sketchError: 0,
    severity: "info",
    certain: false,
    summary,
    parts: [],
  };
}

/** @param {number} share */
function percent(share) {
  return `${(share * 100).toFixed(1)} %`;
}
