/** Titles that a person understands at 3 a.m.: "prod: watch-events volume −62 % since 14:05 UTC". */
import { detectorOf, isHeldToReference } from "../audit/verdict/verdict-name.ts";
import type { Group } from "./incident.ts";
import { type Ledger, sourcesOf } from "./ledger.ts";
import type { Life } from "./lifecycle.ts";
import { compareText, type Witness } from "./sighting.ts";

export interface TitleOf {
  readonly swimlane: string;
  readonly life: Life;
  readonly ledger: Ledger;
  /** Of the anomalous stretch, event time. */
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** What each detector's number is about, where its name does not say it. */
const NOUN: Readonly<Record<string, string>> = {
  volume: "volume",
  freshness: "freshness",
  completeness: "completeness",
  ks: "distribution",
  psi: "distribution",
  drift: "distribution",
  "null-rate": "nulls",
  categories: "categories",
  cardinality: "distinct values",
  range: "range",
  schema: "schema",
  limit: "limit",
};

const TITLE_LENGTH_MAX = 160;
const PHRASE_LENGTH_MAX = 90;

export function titleOf(incident: TitleOf): string {
  return shorten(`${incident.swimlane}: ${whatChanged(incident.ledger)} ${when(incident)}`, TITLE_LENGTH_MAX);
}

/** "3 lanes (dev, eval, prod): watch-events volume −62 % since 14:05 UTC" */
export function groupTitleOf({ life, startMs, children }: Group, endMs: number): string {
  const lanes = [...new Set(children.map((child) => child.swimlane))].sort(compareText);
  const names = shorten(lanes.join(", "), 60);
  const stretch = when({ life, sinceMs: startMs, untilMs: endMs });
  return shorten(`${lanes.length} lanes (${names}): ${children[0]!.what} ${stretch}`, TITLE_LENGTH_MAX);
}

/** "watch-events volume −62 %", or how many features moved together and which most. */
export function whatChanged(ledger: Ledger): string {
  const worst = ledger.witnesses[0];
  if (worst === undefined) return "no anomaly left";
  const where = placeOf(sourcesOf(ledger));
  const featureCount = new Set(ledger.witnesses.filter((w) => w.feature !== "*").map((w) => w.feature)).size;
  if (worst.feature !== "*" && featureCount > 1) {
    return `${where}${featureCountOf(ledger)} features moved together, most ${phrase(worst)}`;
  }
  return `${where}${phrase(worst)}`;
}

/** "−62 %" from what was expected and what came; "" when the verdict has neither. */
export function changeText(witness: Witness): string {
  if (witness.expected === null || witness.value === null || witness.expected === 0) return "";
  const percent = Math.round((witness.value / witness.expected - 1) * 100);
  return `${percent < 0 ? "−" : "+"}${Math.abs(percent)} %`;
}

/** "14:05", with the date where the hour alone could mean another day. */
function clockText(ms: number, withDate: boolean): string {
  const iso = new Date(ms).toISOString();
  return withDate ? `${iso.slice(0, 10)} ${iso.slice(11, 16)}` : iso.slice(11, 16);
}

function phrase(witness: Witness): string {
  const detector = detectorOf(witness.detector);
  const noun = NOUN[detector] ?? detector;
  const subject = witness.feature === "*" || witness.feature === noun ? noun : `${witness.feature} ${noun}`;
  const what = isHeldToReference(witness.detector) ? `${subject} against ${witness.reference}` : subject;
  const change = changeText(witness);
  if (change !== "") return `${what} ${change}`;
  const moved = shareText(witness);
  if (moved !== "") return `${what}: ${moved}`;
  const said = witness.summary.replace(/\.$/, "");
  const rest = said.startsWith(`${witness.feature}: `) ? said.slice(witness.feature.length + 2) : said;
  return rest === "" ? `${what} changed` : `${what}: ${shorten(rest, PHRASE_LENGTH_MAX)}`;
}

/** "share of null: 2.8 % → 33.5 %": the part that weighs most, where parts are shares; "" otherwise. */
function shareText({ parts }: Witness): string {
  const isShare = (value: number) => value >= 0 && value <= 1;
  const shares = parts.filter((part) => isShare(part.reference) && isShare(part.current));
  const [most] = [...shares].sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  if (most === undefined || shares.length < parts.length || most.reference === most.current) return "";
  return shorten(
    `share of ${most.label}: ${percent(most.reference)} → ${percent(most.current)}`,
    PHRASE_LENGTH_MAX,
  );
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function featureCountOf(ledger: Ledger): number {
  const features = new Set<string>();
  for (const note of ledger.notes)
    for (const s of note.sightings) if (s.feature !== "*") features.add(s.feature);
  return features.size;
}

function placeOf(sources: readonly string[]): string {
  if (sources.length === 1) return sources[0] === "" ? "" : `${sources[0]} `;
  return `${sources.length} sources, `;
}

function when({ life, sinceMs, untilMs }: Pick<TitleOf, "life" | "sinceMs" | "untilMs">): string {
  const since = clockText(sinceMs, untilMs - sinceMs >= 86_400_000);
  if (life.state !== "resolved") return `since ${since} UTC`;
  if (life.closing === "lateness") return `at ${since} UTC was only late data`;
  return `from ${since} to ${clockText(untilMs, untilMs - sinceMs >= 86_400_000)} UTC`;
}

/** Cuts at code points, so that no half of a pair is left. */
export function shorten(text: string, lengthMax: number): string {
  const points = [...text];
  return points.length <= lengthMax ? text : `${points.slice(0, lengthMax - 1).join("")}…`;
}
