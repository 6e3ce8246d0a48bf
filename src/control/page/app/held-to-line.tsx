import type { BaselineAnswer, BaselinesAnswer } from "../../baselines/wire-baselines.ts";
import { ask } from "./api.ts";
import { formatSpan, formatTime } from "./format.ts";
import { Name } from "./names.tsx";
import { usePoll } from "./poll.ts";

const BASELINES_POLL_MS = 30_000;

/** What the lane is held to beside its own past: who keeps it, since when and why. Nothing where there is nothing. */
export function HeldToLine({ swimlane }: { readonly swimlane: string }) {
  const { data } = usePoll(
    swimlane,
    (signal) => ask<BaselinesAnswer>("/v1/baselines", { swimlane }, signal),
    BASELINES_POLL_MS,
  );
  if (data === undefined || data.baselines.length + data.lanes.length === 0) return null;
  return (
    <details class="gate">
      <summary>
        Held to: its own past
        {data.baselines.map(({ reference }) => (
          <>
            {" · "}
            <Name>{reference}</Name>
          </>
        ))}
        {data.lanes.map((lane) => (
          <>
            {" · lane "}
            <Name>{lane}</Name>
          </>
        ))}
      </summary>
      <ul>
        {data.baselines.map((baseline) => (
          <li key={`${baseline.createdAtMs}|${baseline.reference}|${baseline.source}`}>
            <Kept baseline={baseline} />
          </li>
        ))}
        {data.lanes.map((lane) => (
          <li key={lane}>
            <Name>{lane}</Name> <span class="unit">the same windows of that lane, by the configuration</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Kept({ baseline }: { readonly baseline: BaselineAnswer }) {
  const { reference, source, featureCount, sinceMs, untilMs, createdAtMs, createdBy, reason } = baseline;
  const features = featureCount === 1 ? "1 feature" : `${featureCount} features`;
  const data = sinceMs === null || untilMs === null ? "" : ` of ${formatSpan(sinceMs, untilMs)}`;
  return (
    <>
      <Name>{reference}</Name> {reason}
      <span class="unit">
        {" "}
        {features}
        {data}, source <Name>{source}</Name>; kept by {createdBy}, {formatTime(createdAtMs, Date.now())}
      </span>
    </>
  );
}
