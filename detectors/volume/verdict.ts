/**
 * What is a person told? What was expected, what came, and which windows the evidence came from.
 */
import type { ExplanationPart, Verdict } from "../contract.ts";
import { tailProbability } from "../lib/series/block-tail.ts";
import type { Judged } from "./alternatives.ts";
import { CHANNELS, type ChannelName, RECENT_WINDOWS } from "./channels.ts";
import type { VolumeMemory } from "./memory.ts";
import type { Scores, Thresholds } from "./threshold.ts";

/** A lane that expected at least so many and got none needs no statistics. */
const SILENCE_EXPECTED_MIN = 12;
const SIGNIFICANCE_MAX = 300;

/** The channel that is nearest to its threshold, or furthest above. */
export function leadingChannel(scores: Scores, thresholds: Thresholds): ChannelName {
  let leader: ChannelName = "once";
  for (const name of CHANNELS) {
    if (scores[name].score / thresholds[name] > scores[leader].score / thresholds[leader]) leader = name;
  }
  return leader;
}

export interface Finding {
  readonly count: number;
  readonly judged: Judged;
  readonly scores: Scores;
  readonly thresholds: Thresholds;
  /** What is counted: records, or a metric by its name. */
  readonly counted: string;
  /** Name of the owner's event that the window lies in, or "". */
  readonly known: string;
  /** The window belongs to a stretch that paged already, and is low itself. */
  readonly still: boolean;
}

/** `statistic` is the leading score as a multiple of its threshold; in a stretch that goes on, sigmas below usual. */
export function judgedVerdict(memory: VolumeMemory, finding: Finding): Verdict {
  const { count, judged, scores, thresholds, known } = finding;
  const leader = leadingChannel(scores, thresholds);
  const { score, windows } = scores[leader];
  const share = score / thresholds[leader];
  const statistic = finding.still && share <= 1 ? -judged.residual : share;
  const anomalous = statistic > 1;
  return {
    answer: anomalous ? "anomalous" : "ok",
    statistic,
    threshold: 1,
    effect: (count - judged.expected) / Math.max(judged.expected, 0.5),
    significance: significanceOf(memory, leader, score),
    sketchError: 0,
    severity: anomalous && known === "" ? "page" : "info",
    certain: anomalous && count === 0 && judged.expected >= SILENCE_EXPECTED_MIN,
    summary: anomalous ? summaryOf(memory, finding, windows) : "",
    parts: anomalous ? partsOf(memory, leader, windows, statistic) : [],
  };
}

function significanceOf(memory: VolumeMemory, leader: ChannelName, score: number): number {
  if (score <= 0) return 0;
  return Math.min(SIGNIFICANCE_MAX, -Math.log10(tailProbability(memory.threshold.tails[leader], score)));
}

function summaryOf(
  memory: VolumeMemory,
  { count, judged, known, counted }: Finding,
  windows: number,
): string {
  const spread = judged.deviation * Math.sqrt(judged.expected + 0.5);
  const percent = Math.round((100 * (judged.expected - count)) / Math.max(judged.expected, 0.5));
  const expected = `${whole(judged.expected)} ± ${whole(spread)}`;
  const one = `${whole(count)} ${counted} where ${expected} were expected (−${percent} %)`;
  const event = known === "" ? "" : `; during the known event "${known}"`;
  if (windows === 1) return one + event;
  const sum = sumsOf(memory, windows);
  return `${one}; ${whole(sum.count)} of ${whole(sum.expected)} in the last ${windows} windows${event}`;
}

function sumsOf(memory: VolumeMemory, windows: number): { count: number; expected: number } {
  let count = 0;
  let expected = 0;
  for (let back = 0; back < windows; back++) {
    const at = ringIndex(memory, back);
    count += memory.recent.count[at]!;
    expected += memory.recent.expected[at]!;
  }
  return { count, expected };
}

/** The windows that the channel added up, each with its share of the missing records as its share of the score. */
function partsOf(
  memory: VolumeMemory,
  leader: ChannelName,
  windows: number,
  statistic: number,
): readonly ExplanationPart[] {
  const missing = (at: number) =>
    leader === "sums"
      ? -memory.recent.weight[at]! * memory.recent.residual[at]!
      : memory.recent.expected[at]! - memory.recent.count[at]!;
  let missingSum = 0;
  for (let back = 0; back < windows; back++) missingSum += missing(ringIndex(memory, back));
  const parts: ExplanationPart[] = [];
  for (let back = windows - 1; back >= 0; back--) {
    const at = ringIndex(memory, back);
    const share = windows === 1 || missingSum === 0 ? 1 / windows : missing(at) / missingSum;
    parts.push({
      label: new Date(memory.recent.startMs[at]!).toISOString(),
      reference: memory.recent.expected[at]!,
      current: memory.recent.count[at]!,
      contribution: share * statistic,
    });
  }
  return parts;
}

function ringIndex(memory: VolumeMemory, back: number): number {
  return (memory.seen - back + 2 * RECENT_WINDOWS) % RECENT_WINDOWS;
}

/** 1240 → "1,240", without a locale: the same text on every machine. */
function whole(count: number): string {
  const rounded =
    Math.abs(count) < 10 && !Number.isInteger(count) ? count.toFixed(1) : Math.round(count).toString();
  return rounded.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}
