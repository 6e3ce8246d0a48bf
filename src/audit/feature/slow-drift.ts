/**
 * Has this feature, week by week and never suddenly, become another one than the reference?
 *
 * Trailing baselines learn slow drift by design, so that it never alerts. Here the newest week (four weeks for daily
 * windows) of accepted windows, added up, is held to the reference itself. On sums of so many rows everything is
 * significant; what counts is the size, above what sampling and the lane's own movement leave over so many windows.
 */
import type { ExplanationPart, Severity, Verdict } from "../../../detectors/contract.ts";
import type { Catalog } from "../cells/catalog.ts";
import { candidatesFor, sumCandidate } from "../past/candidates.ts";
import { type Sums, slotSizeMs } from "../past/history.ts";
import type { FeatureMemory } from "./feature-memory.ts";

export interface SlowDriftOptions {
  /** Smallest distance worth a word: the gap between the CDFs, or the share of names that moved. @default 0.1 */
  readonly effectMin: number;
  /**
   * What it may cause. Real lanes move with the year, and their owners know: it is said, not paged.
   * @default "info"
   */
  readonly severity: Severity;
}

export const SLOW_DRIFT_DEFAULTS: SlowDriftOptions = { effectMin: 0.1, severity: "info" };

const DAY_MS = 86_400_000;
/** Accepted windows behind either side. */
const WINDOWS_MIN = 12;
const SIGNIFICANCE_MIN = 6;

/** @param detectorOptions the owner's, by detector. */
export function slowDriftOptions(detectorOptions: Readonly<Record<string, unknown>>): SlowDriftOptions {
  return {
    ...SLOW_DRIFT_DEFAULTS,
    ...(detectorOptions["slow-drift"] as Partial<SlowDriftOptions> | undefined),
  };
}

/** @returns undefined where it is not the time to say it (once a day, once a week for daily windows) or too early */
export function judgeSlowDrift(
  memory: FeatureMemory,
  startMs: number,
  windowSizeMs: number,
  options: SlowDriftOptions,
): Verdict | undefined {
  const { pinned, catalog } = memory;
  if (pinned === undefined || catalog === undefined || !isTime(startMs, windowSizeMs)) return undefined;
  const newest = newestSums(memory, startMs, windowSizeMs);
  if (newest.windowCount < WINDOWS_MIN || pinned.windowCount < WINDOWS_MIN) return undefined;
  if (newest.valueCount === 0 || pinned.valueCount === 0) return undefined;
  return verdictOf(pinned, newest, memory, catalog, options);
}

/** The longest trailing sum that is kept. */
function newestSums(memory: FeatureMemory, startMs: number, windowSizeMs: number): Sums {
  const spans = candidatesFor(windowSizeMs).filter(
    ({ ageMaxMs, season }) => season === undefined && Number.isFinite(ageMaxMs),
  );
  return sumCandidate(spans[spans.length - 1]!, memory.history, startMs, windowSizeMs);
}

function isTime(startMs: number, windowSizeMs: number): boolean {
  const periodMs = slotSizeMs(windowSizeMs) >= DAY_MS ? 7 * DAY_MS : DAY_MS;
  return Math.floor(startMs / periodMs) !== Math.floor((startMs + windowSizeMs) / periodMs);
}

function verdictOf(
  pinned: Sums,
  newest: Sums,
  memory: FeatureMemory,
  catalog: Catalog,
  options: SlowDriftOptions,
): Verdict {
  const own = memory.overdispersions[0];
  const windows = 1 / pinned.windowCount + 1 / newest.windowCount;
  const numbers = catalog.layout === "numbers";
  const noise = (numbers ? own?.ranks : own?.cells) ?? 0;
  const scale = 1 / pinned.valueCount + 1 / newest.valueCount + noise * windows;
  const distance = numbers ? gapMax(pinned, newest) : totalVariation(pinned, newest);
  // The mean of a Kolmogorov gap; for B cells, the mean total variation of as many normal shares.
  const chance = numbers ? 0.87 * Math.sqrt(scale) : 0.4 * Math.sqrt((catalog.cellCount - 1) * scale);
  const effect = Math.max(0, distance - chance);
  // Massart's bound for a gap; McDiarmid's gives the same form for the total variation above its mean.
  const significance = Math.max(0, ((2 * effect * effect) / scale - Math.LN2) / Math.LN10);
  const anomalous = effect >= options.effectMin && significance >= SIGNIFICANCE_MIN;
  return {
    answer: anomalous ? "anomalous" : "ok",
    statistic: distance,
    threshold: options.effectMin + chance,
    effect,
    significance,
    sketchError: 0,
    severity: anomalous ? options.severity : "info",
    certain: false,
    selfCalibrated: true,
    summary: `the newest ${newest.windowCount} windows lie ${distance.toFixed(3)} from the reference`,
    parts: anomalous ? partsOf(pinned, newest, catalog) : [],
  };
}

function gapMax(pinned: Sums, newest: Sums): number {
  let [before, now, gap] = [0, 0, 0];
  for (let i = 0; i < pinned.counts.length; i++) {
    before += pinned.counts[i]! / pinned.valueCount;
    now += newest.counts[i]! / newest.valueCount;
    gap = Math.max(gap, Math.abs(before - now));
  }
  return gap;
}

function totalVariation(pinned: Sums, newest: Sums): number {
  let moved = 0;
  for (let i = 0; i < pinned.counts.length; i++) {
    moved += Math.abs(pinned.counts[i]! / pinned.valueCount - newest.counts[i]! / newest.valueCount);
  }
  return moved / 2;
}

/** The coarse cells' shares; what each moved. */
function partsOf(pinned: Sums, newest: Sums, catalog: Catalog): ExplanationPart[] {
  const shares = Array.from({ length: catalog.groupCount }, () => ({ reference: 0, current: 0, label: "" }));
  for (let i = 0; i < pinned.counts.length; i++) {
    const share = shares[catalog.groups[i]!]!;
    share.reference += pinned.counts[i]! / pinned.valueCount;
    share.current += newest.counts[i]! / newest.valueCount;
    share.label = labelOf(catalog, i);
  }
  return shares.map((share) => ({ ...share, contribution: Math.abs(share.current - share.reference) / 2 }));
}

function labelOf(catalog: Catalog, cell: number): string {
  if (catalog.layout === "names") return catalog.names[cell] ?? "other";
  const edge = catalog.edges[cell]!;
  return edge === Number.MAX_VALUE ? "above" : `up to ${Number(edge.toPrecision(4))}`;
}
