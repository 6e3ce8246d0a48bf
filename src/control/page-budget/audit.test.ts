import { expect, test } from "vitest";
import type { FeedbackLabel } from "../../store/contract.ts";
import { auditLane, type LaneEvidence, WEEK_MS, worstFirst } from "./audit.ts";
import type { RuleCount } from "./reads.ts";

const none: LaneEvidence = {
  swimlane: "prod",
  budgetPerWeek: 0.25,
  watchedMs: 4 * WEEK_MS,
  pages: [],
  limitPages: 0,
  labels: new Map(),
  rules: [],
  nearlyAlways: [],
};

/** One page for each label; `undefined` for one that nobody judged. */
function withPages(labels: readonly (FeedbackLabel | undefined)[], changes: Partial<LaneEvidence> = {}) {
  const pages = labels.map((_, i) => ({
    id: `i${i}`,
    swimlane: "prod",
    startMs: 0,
    detectors: ["psi"],
    groupId: "",
    ofLimitsAlone: false,
  }));
  const said = labels.flatMap((label, i) => (label === undefined ? [] : [[`i${i}`, label] as const]));
  return auditLane({ ...none, ...changes, pages, labels: new Map(said) });
}

function rule(detector: string, counts: Partial<RuleCount>): RuleCount {
  return {
    swimlane: "prod",
    detector,
    verdictCount: 1_000,
    insufficientCount: 0,
    firedCount: 0,
    seriesCount: 2,
    insufficientSeriesCount: 0,
    nearlyAlwaysSeriesCount: 0,
    ...counts,
  };
}

const kindsOf = (lane: { readonly findings: readonly { readonly kind: string }[] }) =>
  lane.findings.map(({ kind }) => kind);

test("precision is real and fixed of what was judged; expected counts neither way, and the unjudged are told", () => {
  const lane = withPages(["real", "fixed", "fixed", "noise", "expected", undefined, undefined]);
  expect(lane).toMatchObject({
    pages: 7,
    feedback: { real: 1, fixed: 2, noise: 1, expected: 1 },
    unjudged: 2,
    falseMax: 3,
    accepted: 1,
    use: 3,
    precision: 0.75,
    standing: "over_twice",
    beyondChance: false,
  });
  expect(lane.pagesPerWeek).toBe(1.75);
  expect(lane.pagesPerWeekLow).toBeCloseTo(2.814 / 4, 3);
  expect(lane.pagesPerWeekHigh).toBeCloseTo(14.423 / 4, 3);
  expect(lane.findings[0]!.text).toBe(
    "3 pages of 4 weeks may be false (1 called noise, 2 not judged) where 1 are accepted: " +
      "within what chance makes of a lane that keeps its budget.",
  );
});

test("real pages are not held against the budget, however many", () => {
  const lane = withPages(Array.from({ length: 9 }, () => "real" as const));
  expect(lane).toMatchObject({ standing: "within", use: 0, precision: 1, unjudged: 0 });
  expect(kindsOf(lane)).toEqual([]);
});

test("a lane is over from above its budget, over twice from above twice, and beyond chance by the interval", () => {
  const standing = (noise: number) => withPages(Array.from({ length: noise }, () => "noise" as const));
  expect([1, 2, 3, 4].map((n) => standing(n).standing)).toEqual([
    "within",
    "over",
    "over_twice",
    "over_twice",
  ]);
  expect([2, 3, 4].map((n) => standing(n).beyondChance)).toEqual([false, false, true]);
  expect(kindsOf(standing(4))).toEqual(["over_twice", "imprecise"]);
  expect(standing(4).findings[0]!.text).toMatch(/more than chance explains\.$/);
});

test("a lane is held to the weeks that it had windows, and one without any to nothing", () => {
  expect(withPages(["noise"], { watchedMs: WEEK_MS })).toMatchObject({ accepted: 0.25, use: 4 });
  expect(withPages([], { watchedMs: 0 })).toMatchObject({
    standing: "unwatched",
    pagesPerWeek: null,
    use: null,
    precision: null,
    findings: [],
  });
});

test("a budget that is hardly used is said: silence keeps any budget", () => {
  expect(kindsOf(withPages([], { budgetPerWeek: 1 }))).toEqual(["unused"]);
  expect(kindsOf(withPages([], { budgetPerWeek: 0.9 }))).toEqual([]);
});

test("rules are told apart: nearly always, unable to answer, never fired; and the noise is laid at its rule's door", () => {
  const lane = withPages(["noise", undefined], {
    rules: [
      rule("ks", {}),
      rule("psi", { firedCount: 12 }),
      rule("volume", { insufficientCount: 1_000, insufficientSeriesCount: 2 }),
      rule("null-rate", { firedCount: 960, nearlyAlwaysSeriesCount: 1 }),
    ],
    nearlyAlways: [{ swimlane: "prod", detector: "null-rate", source: "clicks", feature: "age" }],
  });
  expect(
    lane.rules.map(({ detector, standing, pages, falsePages }) => [detector, standing, pages, falsePages]),
  ).toEqual([
    ["null-rate", "nearly_always", 0, 0],
    ["volume", "insufficient", 0, 0],
    ["ks", "never_fired", 0, 0],
    ["psi", "fired", 2, 1],
  ]);
  expect(lane.findings.map(({ kind, text }) => [kind, text])).toEqual([
    ["over", expect.stringContaining("2 pages of 4 weeks may be false")],
    ["nearly_always", "`null-rate` fires nearly always on clicks / age: it tells nothing any more."],
    [
      "insufficient",
      "`volume` could not answer once (1,000 verdicts, all `insufficient`): that they never fired says nothing.",
    ],
    ["never_fired", "`ks` answered 1,000 times and never fired."],
  ]);
});

test("lanes are sorted worst first", () => {
  const lanes = [withPages(["real"]), withPages(["noise", "noise"]), withPages([], { watchedMs: 0 })];
  expect(lanes.sort(worstFirst).map(({ standing }) => standing)).toEqual(["over", "within", "unwatched"]);
});
