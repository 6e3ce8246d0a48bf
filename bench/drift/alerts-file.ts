/** Verdicts as the alerts file that the harness scores: ts,swimlane,feature,kind,severity. */
import { writeFileSync } from "node:fs";
import type { VerdictRow } from "../../src/store/contract.ts";

/** Only what speaks is an alert: anomalous at severity page or warn. */
export function alertsOf(rows: readonly VerdictRow[]): VerdictRow[] {
  return rows.filter((row) => row.answer === "anomalous" && row.severity !== "info");
}

export function writeAlerts(path: string, alerts: readonly VerdictRow[]): void {
  const lines = alerts.map((row) =>
    [isoSeconds(row.windowStartMs), row.swimlane, row.feature, row.detector, row.severity].join(","),
  );
  writeFileSync(path, `ts,swimlane,feature,kind,severity\n${lines.map((line) => `${line}\n`).join("")}`);
}

function isoSeconds(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
}
