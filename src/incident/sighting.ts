import type { ExplanationPart, Severity } from "../../detectors/contract.ts";
import type { VerdictRow } from "../store/contract.ts";
import { verdictName } from "../store/verdict-key.ts";

/** One anomalous verdict, as much of it as every window of an incident remembers. */
export interface Sighting {
  readonly feature: string;
  readonly detector: string;
  readonly severity: Severity;
  /** Needs no persistence. */
  readonly certain: boolean;
  /** To three digits, enough to tell whether it has doubled. */
  readonly effect: number;
}

/** A sighting with all that explains it; an incident keeps the few that say most. */
export interface Witness extends Sighting {
  readonly significance: number;
  readonly source: string;
  readonly windowStartMs: number;
  readonly windowSizeMs: number;
  readonly statistic: number;
  readonly threshold: number;
  readonly summary: string;
  /** What the detector had expected and what came, for a series; `null` for a distribution. */
  readonly expected: number | null;
  readonly value: number | null;
  /** The reference's name, "" when the verdict does not say. */
  readonly reference: string;
  readonly parts: readonly ExplanationPart[];
  /** Its name for `lanewatch explain`; missing in rows of older versions. */
  readonly verdict?: string;
}

const PART_COUNT_MAX = 8;

export const severityRank: Readonly<Record<Severity, number>> = { info: 0, warn: 1, page: 2 };

/** Louder first, then surer, then stronger; names last, so that equal evidence always comes in the same order. */
export function compareWitnesses(a: Witness, b: Witness): number {
  return (
    severityRank[b.severity] - severityRank[a.severity] ||
    Number(b.certain) - Number(a.certain) ||
    finite(b.significance) - finite(a.significance) ||
    Math.abs(finite(b.effect)) - Math.abs(finite(a.effect)) ||
    compareText(a.feature, b.feature) ||
    compareText(a.detector, b.detector)
  );
}

/** Reads an anomalous verdict. Its explanation is JSON that the audit wrote; a part that is missing explains less, no more. */
export function witnessOf(verdict: VerdictRow): Witness {
  const detail = parseObject(verdict.explanation);
  return {
    feature: verdict.feature,
    detector: verdict.detector,
    severity: verdict.severity,
    certain: detail["certain"] === true,
    effect: verdict.effect,
    significance: verdict.significance,
    source: verdict.source,
    windowStartMs: verdict.windowStartMs,
    windowSizeMs: verdict.windowSizeMs,
    statistic: verdict.statistic,
    threshold: verdict.threshold,
    summary: verdict.summary,
    expected: numberOrNull(detail["expected"]),
    value: numberOrNull(detail["value"]) ?? volumeOf(verdict, numberOrNull(detail["expected"])),
    reference: referenceName(detail["reference"]),
    parts: Array.isArray(detail["parts"])
      ? (detail["parts"].slice(0, PART_COUNT_MAX) as ExplanationPart[])
      : [],
    verdict: verdictName(verdict),
  };
}

/** The compact form, for the windows' notes. What a store would not give back the same is not let in. */
export function sightingOf({ feature, detector, severity, certain, effect }: Witness): Sighting {
  const kept = Number.isFinite(effect) ? Number(effect.toPrecision(3)) : 0;
  return { feature, detector, severity, certain, effect: kept };
}

/** An object from JSON that another stage wrote; `{}` for anything else, since an explanation must never stop a page. */
export function parseObject(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function numberOrNull(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** The volume detector's effect is the share by which the count missed what was expected, so the count follows. */
function volumeOf(verdict: VerdictRow, expected: number | null): number | null {
  if (verdict.detector !== "volume" || expected === null || !Number.isFinite(verdict.effect)) return null;
  return Math.max(0, expected * (1 + verdict.effect));
}

function referenceName(value: unknown): string {
  if (typeof value === "string") return value;
  const name = typeof value === "object" && value !== null ? (value as { name?: unknown }).name : undefined;
  return typeof name === "string" ? name : "";
}

/** JSON has no NaN or Infinity; either becomes null on the way through the store, and counts as nothing. */
function finite(value: number | null): number {
  return value === null || Number.isNaN(value) ? 0 : Math.min(Math.max(value, -1e300), 1e300);
}
