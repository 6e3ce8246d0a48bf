/** What the monitor may say of itself: a closed set, in the order in which a person should look. */
import type { Severity } from "../../../detectors/contract.ts";

export const MONITOR_ALERTS = [
  "store-unreachable",
  "kafka-unreachable",
  "queue-unreachable",
  "log-replaced",
  "partition-stuck",
  "consumer-lag",
  "audits-late",
  "delivery-failing",
  "waiting-bytes",
  "windows-differ",
  "records-rejected",
  "slow-decode",
] as const;
export type MonitorAlertName = (typeof MONITOR_ALERTS)[number];

/** What a page is worth: that data may go unwatched. What only costs or foretells is a warning. */
export const SEVERITIES: Readonly<Record<MonitorAlertName, Severity>> = {
  "store-unreachable": "page",
  "kafka-unreachable": "page",
  "queue-unreachable": "page",
  "log-replaced": "page",
  "partition-stuck": "page",
  "consumer-lag": "page",
  "audits-late": "page",
  "delivery-failing": "page",
  "waiting-bytes": "warn",
  "windows-differ": "warn",
  "records-rejected": "warn",
  "slow-decode": "warn",
};

/** What a look at one condition found. `unknown`: it could not be looked at, which is another alert's business. */
export type Reading =
  | { readonly state: "ok" | "unknown" }
  /** `detail` ends the sentence that people read. */
  | { readonly state: "bad"; readonly detail: string };

export interface Probe {
  readonly alert: MonitorAlertName;
  /** How long it must be bad before it is told, ms. */
  readonly boundMs: number;
  readonly look: () => Promise<Reading>;
}

export const OK: Reading = { state: "ok" };
export const UNKNOWN: Reading = { state: "unknown" };

const NAMES_SHOWN = 5;

/** The first of many, for a sentence. */
export function firstOf(names: readonly string[]): string {
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : "";
  return `${names.slice(0, NAMES_SHOWN).join(", ")}${more}`;
}

export function bad(detail: string): Reading {
  return { state: "bad", detail };
}
