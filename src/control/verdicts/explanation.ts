/**
 * Reads stored explanations. They were written by another version of Lanewatch, or by a user's own detector, so
 * nothing is taken for granted: what cannot be read is left out, and the page shows the rest.
 */
import type { ExplanationPart } from "../../../detectors/contract.ts";
import type { ExplanationAnswer, Maybe } from "../wire.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** Most parts that an answer carries; detectors keep far fewer. */
const PARTS_MAX = 200;

export function readExplanation(json: string): ExplanationAnswer {
  const fields = readFields(json);
  const reference = fields["reference"];
  return {
    parts: readParts(fields["parts"]),
    reference: typeof reference === "string" ? reference : text(asFields(reference)["name"]),
    value: maybe(fields["value"]),
    expected: maybe(fields["expected"]),
    lower: maybe(fields["lowerLimit"] ?? fields["lower"]),
    upper: maybe(fields["upperLimit"] ?? fields["upper"]),
  };
}

/** Where the reference's windows lay, when the verdict says so. */
export function readReferenceSpan(
  json: string,
): { name: string; sinceMs: number; untilMs: number } | undefined {
  const reference = asFields(readFields(json)["reference"]);
  const sinceMs = Number(reference["sinceMs"]);
  const untilMs = Number(reference["untilMs"]);
  if (!Number.isFinite(sinceMs) || !Number.isFinite(untilMs) || sinceMs >= untilMs) return undefined;
  return { name: text(reference["name"]), sinceMs, untilMs };
}

/** The object that the text holds; empty when it holds none. */
export function readFields(json: string): Fields {
  try {
    return asFields(JSON.parse(json));
  } catch {
    return {};
  }
}

/** `null` for NaN, infinities and everything that is no number: JSON has no other word for "not there". */
export function maybe(value: unknown): Maybe {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export function readParts(value: unknown): readonly ExplanationPart[] {
  return listOf(value).slice(0, PARTS_MAX).flatMap(readPart);
}

function readPart(value: unknown): ExplanationPart[] {
  const part = asFields(value);
  if (typeof part["label"] !== "string") return [];
  const number = (field: string) => maybe(part[field]) ?? 0;
  return [
    {
      label: part["label"],
      reference: number("reference"),
      current: number("current"),
      contribution: number("contribution"),
    },
  ];
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asFields(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
