import type { GateAnswer, GateWord } from "../../gate/wire-gate.ts";
import type { LaneAnswer } from "../../wire.ts";
import { ask } from "./api.ts";
import { formatSize, formatSpan } from "./format.ts";
import { FeatureName, Name } from "./names.tsx";
import { usePoll } from "./poll.ts";

const GATE_POLL_MS = 10_000;
/** Of lanes with larger windows, more than the hour that a pipeline usually asks about. */
const WINDOWS_MIN = 6;
const WORDS: Readonly<Record<GateWord, string>> = { pass: "Pass", hold: "Hold", unknown: "Unknown" };

/** What a pipeline would be told that asks before it trains or serves; the reasons on demand. */
export function GateLine({ lane }: { readonly lane: LaneAnswer }) {
  const { swimlane } = lane;
  const spanMs = Math.max(3_600_000, WINDOWS_MIN * lane.windowSizeMs);
  const { data } = usePoll(
    swimlane,
    (signal) => ask<GateAnswer>("/v1/gate", { swimlane, since: `${spanMs}ms` }, signal),
    GATE_POLL_MS,
  );
  if (data === undefined) return null;
  return (
    <details class="gate">
      <summary>
        Gate, last {formatSize(spanMs)}: <strong class={`gate-${data.answer}`}>{WORDS[data.answer]}</strong>
        <span class="unit">
          {data.windowsOk} of {data.windowsExpected} windows ok
          {data.reasons.length > 0 &&
            ` · ${data.reasons.length} ${data.reasons.length === 1 ? "reason" : "reasons"}`}
        </span>
      </summary>
      {data.reasons.length === 0 ? (
        <p>Every window that is due was judged, and is ok for every feature.</p>
      ) : (
        <ul>
          {data.reasons.map((reason) => (
            <li key={JSON.stringify([reason.kind, reason.source, reason.feature])}>
              <strong class={`gate-${reason.answer}`}>{reason.kind.replaceAll("_", " ")}</strong>{" "}
              {reason.source !== "" && <Name>{reason.source}</Name>}{" "}
              {reason.kind !== "incident" && reason.feature !== "*" && (
                <FeatureName>{reason.feature}</FeatureName>
              )}{" "}
              {reason.detail}
              <span class="unit">
                {reason.count > 1 ? ` ${reason.count} windows, ` : " "}
                {formatSpan(reason.startMs, reason.endMs)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}
