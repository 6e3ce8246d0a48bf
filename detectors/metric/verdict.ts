/**
 * What is a person told of a metric, and when does its surprise pass the page budget?
 */
import type { DetectorContext, ExplanationPart, SeriesPoint, Verdict } from "../contract.ts";
import type { Departure } from "./departure.ts";
import { type Evidence, spreadOf } from "./evidence.ts";
import { EVIDENCE, type EvidenceName, type MetricMemory } from "./memory.ts";
import type { MetricOptions } from "./metric.ts";
import { beyondTail } from "./tail.ts";

export interface Surprise {
  readonly parts: Evidence;
  readonly sum: number;
  /** −log10 of how often the lane's own past was as surprising as now. */
  readonly total: number;
  /** What this episode has reached already. */
  readonly peak: number;
}

export interface Finding {
  readonly point: SeriesPoint;
  readonly expected: number;
  readonly evidence: Evidence;
  readonly surprise: Surprise;
  readonly departure: Departure;
  /** The departure lies on the side that the owner asked for. */
  readonly wanted: boolean;
}

/** Stuck: so many times the longest run of one value before, once so many windows were seen. */
const STUCK_FACTOR = 4;
const STUCK_HISTORY_MIN = 200;

const AWAY_LABEL = "stays far beyond all that was usual";
const LABELS: Record<EvidenceName, string> = {
  range: "beyond all values seen",
  day: "unlike this time on the last seven days",
  stretch: "the last 48 windows unlike those of the last seven days",
  level: "level of the last 96 windows",
};

export function metricVerdict(
  memory: MetricMemory,
  finding: Finding,
  context: DetectorContext,
  options: MetricOptions,
): Verdict {
  if (isStuck(memory, options)) return stuckVerdict(memory, finding, options);
  const known = eventAt(context, finding.point.startMs);
  const threshold = thresholdOf(memory, context);
  const surprising = surprisingOf(memory, finding, threshold);
  const away = awayOf(memory, finding);
  // Below the threshold the departure says nothing: far windows are counted on, ranks are compared.
  const stays = away > threshold && away > surprising;
  const statistic = stays ? away : surprising;
  const anomalous = statistic > threshold;
  return {
    answer: anomalous ? "anomalous" : "ok",
    statistic,
    threshold,
    effect: effectOf(finding),
    significance: statistic,
    sketchError: 0,
    severity: anomalous && known === "" ? "page" : "info",
    certain: false,
    summary: !anomalous
      ? ""
      : stays
        ? awaySummary(memory, finding, known)
        : summaryOf(memory, finding, known),
    parts: !anomalous
      ? []
      : stays
        ? awayParts(memory, finding, statistic)
        : partsOf(memory, finding, statistic),
  };
}

/**
 * Below the threshold a surprise ranks windows by how far out they are. To pass it, it must be as rare as it says, on
 * the tail that this metric has shown.
 */
function surprisingOf(
  memory: MetricMemory,
  { surprise, evidence, point, wanted }: Finding,
  threshold: number,
): number {
  if (!wanted || surprise.total <= surprise.peak) return 0;
  const rare = surprise.total + beyondTail(memory.tail, Math.abs(point.value - memory.mean));
  return Math.min(surprise.total + farBeyond(evidence.range), Math.max(threshold, rare));
}

/** Of an episode that has not been told of. */
function awayOf(memory: MetricMemory, { departure, wanted }: Finding): number {
  return wanted && !memory.departure.told ? departure.significance : 0;
}

/** Surprise that comes as often by chance as the budget allows pages, on the lane's own past. */
function thresholdOf(memory: MetricMemory, context: DetectorContext): number {
  const budget = Math.max(1e-6, context.pageBudgetPerWeek);
  return Math.max(1.5, Math.log10(memory.windowsPerWeek / budget));
}

/** Ranks end at the past's own length: beyond it, a heavy tail (index 1) says how much rarer a far record is. */
function farBeyond(spans: number): number {
  return spans > 0 ? Math.log10(1 + 10 * spans) : 0;
}

function isStuck(memory: MetricMemory, options: MetricOptions): boolean {
  return (
    memory.seen >= STUCK_HISTORY_MIN &&
    memory.run === Math.max(options.stuckWindows, STUCK_FACTOR * memory.longestRun)
  );
}

function stuckVerdict(memory: MetricMemory, finding: Finding, options: MetricOptions): Verdict {
  const limit = Math.max(options.stuckWindows, STUCK_FACTOR * memory.longestRun) - 1;
  return {
    answer: "anomalous",
    statistic: memory.run,
    threshold: limit,
    effect: 0,
    significance: 2,
    sketchError: 0,
    severity: "warn",
    certain: false,
    summary: `${tidy(finding.point.value)} for ${memory.run} windows; it never stood still for more than ${memory.longestRun}`,
    parts: [
      {
        label: "windows of one value",
        reference: memory.longestRun,
        current: memory.run,
        contribution: memory.run,
      },
    ],
  };
}

function effectOf(finding: Finding): number {
  const scale = Math.max(Math.abs(finding.expected), 1e-9);
  return (finding.point.value - finding.expected) / scale;
}

function summaryOf(memory: MetricMemory, finding: Finding, known: string): string {
  const leader = EVIDENCE.reduce((best, name) =>
    finding.surprise.parts[name] > finding.surprise.parts[best] ? name : best,
  );
  const event = known === "" ? "" : `; during the known event "${known}"`;
  return `${tidy(finding.point.value)} where ${tidy(finding.expected)} ± ${tidy(spreadOf(memory))} was usual: ${LABELS[leader]}${event}`;
}

function partsOf(memory: MetricMemory, finding: Finding, statistic: number): readonly ExplanationPart[] {
  const { parts, sum } = finding.surprise;
  const reference: Evidence = {
    range: memory.max,
    day: finding.expected,
    stretch: finding.expected,
    level: memory.mean,
  };
  return EVIDENCE.filter((name) => parts[name] > 0).map((name) => ({
    label: LABELS[name],
    reference: reference[name],
    current: finding.point.value,
    contribution: (statistic * parts[name]) / sum,
  }));
}

function awaySummary({ departure }: MetricMemory, finding: Finding, known: string): string {
  const event = known === "" ? "" : `; during the known event "${known}"`;
  const usual = `${tidy(departure.min)} to ${tidy(departure.max)}`;
  return `${tidy(finding.point.value)} where ${usual} was usual: far beyond in ${finding.departure.farCount} of the last 3 windows${event}`;
}

function awayParts({ departure }: MetricMemory, { point }: Finding, statistic: number) {
  const reference = point.value > departure.max ? departure.max : departure.min;
  return [{ label: AWAY_LABEL, reference, current: point.value, contribution: statistic }];
}

function eventAt(context: DetectorContext, timeMs: number): string {
  return context.knownEvents.find((event) => timeMs >= event.startMs && timeMs < event.endMs)?.name ?? "";
}

function tidy(value: number): string {
  return Number(value.toPrecision(4)).toString();
}
