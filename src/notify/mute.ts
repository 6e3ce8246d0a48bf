/** Should people be spared this one? A message that ends or acknowledges what they were told is never muted. */
import { readExplanation } from "../incident/explanation.ts";
import { type InhibitRule, inhibitorOf, matchedOf } from "../incident/inhibit.ts";
import { type Silence, silenceOf } from "../incident/silence.ts";
import type { IncidentRow } from "../store/contract.ts";
import { sentOf } from "./dedup.ts";
import type { Stage } from "./delivery.ts";

export interface MuteView {
  readonly silences: readonly Silence[];
  /** Incidents that are open or acknowledged. */
  readonly live: readonly IncidentRow[];
  readonly rules: readonly InhibitRule[];
}

export function muteStage(view: () => MuteView): Stage {
  return async (delivery) => {
    const { row, log, nowMs } = delivery;
    const wasTold = sentOf(log).at(-1)?.state !== "resolved" && sentOf(log).length > 0;
    if (wasTold && row.state !== "open") return delivery;
    return isMuted(row, nowMs, view()) ? "muted" : delivery;
  };
}

function isMuted(row: IncidentRow, nowMs: number, { silences, live, rules }: MuteView): boolean {
  // One that is over is judged as of its end: a silence that has ended since still covers what it was made for.
  const atMs = row.state === "resolved" ? Math.min(nowMs, row.resolvedAtMs) : nowMs;
  if (silenceOf(silences, matchedOf(row), atMs) !== undefined) return true;
  if (row.state === "resolved" && readExplanation(row)?.parentId) return true;
  return inhibitorOf(row, live, rules) !== undefined;
}
