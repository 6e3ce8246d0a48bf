/** Which stretch of event time is shown. */
import type { IncidentState } from "../../../store/contract.ts";
import { observable } from "./observable.ts";

/** What one may choose. `usual` follows from the size of the lane's windows. */
export type RangeChoice = Range | { readonly kind: "usual" };

export type Range =
  | { readonly kind: "last"; readonly duration: string }
  | { readonly kind: "span"; readonly sinceMs: number; readonly untilMs: number }
  | { readonly kind: "all" };

export const RANGES: readonly { readonly duration: string; readonly label: string }[] = [
  { duration: "15m", label: "15 min" },
  { duration: "1h", label: "1 hour" },
  { duration: "6h", label: "6 hours" },
  { duration: "24h", label: "24 hours" },
  { duration: "7d", label: "7 days" },
  { duration: "30d", label: "30 days" },
  { duration: "90d", label: "90 days" },
  { duration: "365d", label: "1 year" },
  { duration: "1825d", label: "5 years" },
];

const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

export function durationMs(duration: string): number {
  const [, amount, unit] = /^(\d+)([smhdw])$/.exec(duration) ?? [];
  return Number(amount ?? 1) * (UNITS_MS[unit ?? "h"] ?? 3_600_000);
}

/** Windows that make a picture: enough to see a rhythm, few enough to see a window. */
const USUAL_WINDOWS = 90;

/** The range to show, given the size of the lane's windows. */
export function rangeOf(choice: RangeChoice, windowSizeMs: number): Range {
  if (choice.kind !== "usual") return choice;
  const fitting = RANGES.find(({ duration }) => durationMs(duration) >= USUAL_WINDOWS * windowSizeMs);
  return { kind: "last", duration: fitting?.duration ?? "1825d" };
}

/** What "usual" means in the lane that is shown, for the picker in the top bar. */
export const usualDuration = observable<string>("6h");

export function rangeLabel(choice: Range): string {
  if (choice.kind === "all") return "everything stored";
  if (choice.kind === "span") return "chosen span";
  return `last ${RANGES.find(({ duration }) => duration === choice.duration)?.label ?? choice.duration}`;
}

/** An incident with as much time again before it, and some after it, so that before and after can be seen. */
export function rangeAround(
  incident: { readonly startMs: number; readonly endMs: number; readonly state: IncidentState },
  windowSizeMs: number,
): Range {
  const padMs = Math.max(incident.endMs - incident.startMs, 20 * windowSizeMs);
  const afterMs = incident.state === "resolved" ? padMs / 2 : 2 * windowSizeMs;
  return { kind: "span", sinceMs: incident.startMs - padMs, untilMs: incident.endMs + afterMs };
}
