import { IncidentBook } from "../../src/incident/incident-book.ts";
import type { IncidentRow, VerdictRow } from "../../src/store/contract.ts";

const WINDOW = {
  swimlane: "prod",
  source: "watch-events",
  windowStartMs: Date.parse("2026-03-02T14:05:00Z"),
  windowSizeMs: 300_000,
};

/** An open incident as the book makes it ("prod: watch-events volume −62 % since 14:05 UTC"), with a fixed id. */
export function incidentExample(): IncidentRow {
  const { incidents } = new IncidentBook().observe(WINDOW, [volumeVerdict()]);
  return { ...incidents[0]!, id: "inc-0123456789abcdef" };
}

function volumeVerdict(): VerdictRow {
  return {
    ...WINDOW,
    feature: "*",
    detector: "volume",
    revision: 1,
    answer: "anomalous",
    severity: "page",
    statistic: 12,
    threshold: 5,
    effect: -0.62,
    significance: 9,
    sketchError: 0,
    incidentId: "",
    summary: "380 records came where 1,000 were expected.",
    explanation: JSON.stringify({
      expected: 1000,
      lower: 700,
      upper: null,
      parts: [{ label: "all", reference: 1000, current: 380, contribution: 12 }],
    }),
  };
}
