import type { VerdictRow } from "../../src/store/contract.ts";

/** Only what speaks is an alert: anomalous at severity page or warn. */
export function alertsOf(rows: readonly VerdictRow[]): VerdictRow[] {
  return rows.filter((row) => row.answer === "anomalous" && row.severity !== "info");
}
