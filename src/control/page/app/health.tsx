import type { Severity } from "../../../../detectors/contract.ts";
import type { IncidentState } from "../../../store/contract.ts";
import type { Health } from "../../wire.ts";

/** Health is told by word, by shape and by colour, so that it survives a bad screen and any eye. */
const SHAPES: Readonly<Record<Health, string>> = {
  page: "M8 1.2 15 14H1z",
  warn: "M8 1 15 8 8 15 1 8z",
  silent: "M2.5 2.5h11v11h-11z",
  unknown: "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zm0 2.2a4.3 4.3 0 1 1 0 8.6 4.3 4.3 0 0 1 0-8.6z",
  learning: "M8 1.5a6.5 6.5 0 1 0 0 13V1.5z",
  ok: "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z",
};

export const HEALTH_WORDS: Readonly<Record<Health, string>> = {
  page: "Page",
  warn: "Warning",
  silent: "Silent",
  unknown: "Not judged",
  learning: "Learning",
  ok: "OK",
};

/** @param word instead of the health's own, where its colour and shape stand for something else. */
export function HealthBadge({
  health,
  word = HEALTH_WORDS[health],
}: {
  readonly health: Health;
  readonly word?: string;
}) {
  return (
    <span class={`health health-${health}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d={SHAPES[health]} />
      </svg>
      {word}
    </span>
  );
}

export const SEVERITY_WORDS: Readonly<Record<Severity, string>> = {
  page: "Page",
  warn: "Warning",
  info: "Info",
};

export function SeverityBadge({ severity }: { readonly severity: Severity }) {
  const shape = severity === "info" ? SHAPES.ok : SHAPES[severity];
  return (
    <span class={`health health-${severity}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d={shape} />
      </svg>
      {SEVERITY_WORDS[severity]}
    </span>
  );
}

const STATE_WORDS: Readonly<Record<IncidentState, string>> = {
  pending: "Pending",
  open: "Open",
  acknowledged: "Acknowledged",
  resolved: "Resolved",
};

export function StateTag({ state }: { readonly state: IncidentState }) {
  return <span class={`state state-${state}`}>{STATE_WORDS[state]}</span>;
}
