/** An incident's row as the page shows it, with the story that the incident stage wrote into `explanation`. */
import type { Severity } from "../../../detectors/contract.ts";
import type { IncidentRow } from "../../store/contract.ts";
import {
  asFields,
  type Fields,
  listOf,
  maybe,
  readFields,
  readParts,
  text,
} from "../verdicts/explanation.ts";
import type { IncidentAnswer, StoryAnswer, TogetherAnswer, WitnessAnswer } from "./wire-incidents.ts";

/** Bounds of what one answer carries; the incident stage keeps fewer. */
const ENTRIES_MAX = 100;

/** @param detail "brief" leaves out what only the detail panel shows, so that a list of hundreds stays small. */
export function incidentAnswer(row: IncidentRow, detail: "brief" | "whole"): IncidentAnswer {
  const told = readFields(row.explanation);
  return {
    id: row.id,
    swimlane: row.swimlane,
    state: row.state,
    severity: row.severity,
    title: row.title,
    startMs: row.startMs,
    endMs: row.endMs,
    changedAtMs: row.changedAtMs,
    resolvedAtMs: maybe(row.resolvedAtMs),
    members: readMembers(row.members),
    verdictCount: row.verdictCount,
    acknowledgedBy: row.acknowledgedBy,
    story: detail === "whole" ? wholeStory(told) : briefStory(told),
  };
}

/** A feature's name may hold a colon, a detector's never does. */
export function readMembers(members: string): IncidentAnswer["members"] {
  if (members === "") return [];
  return members.split(",").map((member) => {
    const colon = member.lastIndexOf(":");
    return {
      feature: colon < 0 ? member : member.slice(0, colon),
      detector: colon < 0 ? "" : member.slice(colon + 1),
    };
  });
}

function briefStory(told: Fields): StoryAnswer {
  return {
    what: text(told["what"]),
    sources: [],
    howMuch: "",
    cause: readCauses(told)[0] ?? "",
    closing: text(asFields(told["closing"])["text"]),
    parentId: text(told["parentId"]),
    children: [],
    causes: [],
    together: [],
    witnesses: [],
    sql: [],
  };
}

function wholeStory(told: Fields): StoryAnswer {
  return {
    ...briefStory(told),
    sources: texts(asFields(told["where"])["sources"]),
    howMuch: text(told["howMuch"]),
    children: texts(told["children"]),
    causes: readCauses(told),
    together: listOf(told["together"]).slice(0, ENTRIES_MAX).map(asFields).map(readTogether),
    witnesses: listOf(told["verdicts"]).slice(0, ENTRIES_MAX).map(asFields).map(readWitness),
    sql: texts(told["sql"]),
  };
}

function readCauses(told: Fields): readonly string[] {
  return texts(listOf(told["causes"]).map((cause) => asFields(cause)["text"]));
}

function readTogether(entry: Fields): TogetherAnswer {
  return {
    feature: text(entry["feature"]),
    detectors: texts(entry["detectors"]),
    windowCount: maybe(entry["windowCount"]) ?? 0,
    firstMs: maybe(entry["firstMs"]) ?? 0,
  };
}

function readWitness(entry: Fields): WitnessAnswer {
  const startMs = maybe(entry["windowStartMs"]) ?? 0;
  return {
    verdict: text(entry["verdict"]),
    source: text(entry["source"]),
    feature: text(entry["feature"]),
    detector: text(entry["detector"]),
    windowStartMs: startMs,
    windowEndMs: startMs + (maybe(entry["windowSizeMs"]) ?? 0),
    severity: severity(entry["severity"]),
    statistic: maybe(entry["statistic"]),
    threshold: maybe(entry["threshold"]),
    effect: maybe(entry["effect"]),
    significance: maybe(entry["significance"]),
    summary: text(entry["summary"]),
    expected: maybe(entry["expected"]),
    value: maybe(entry["value"]),
    reference: text(entry["reference"]),
    parts: readParts(entry["parts"]),
  };
}

function severity(value: unknown): Severity {
  return value === "page" || value === "warn" ? value : "info";
}

function texts(value: unknown): readonly string[] {
  return listOf(value)
    .slice(0, ENTRIES_MAX)
    .filter((entry) => typeof entry === "string");
}
