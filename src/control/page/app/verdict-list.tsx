import type { VerdictAnswer } from "../../wire.ts";
import { ExplainLine } from "./explain-line.tsx";
import { formatNumber } from "./format.ts";
import { SeverityBadge } from "./health.tsx";
import { Parts } from "./parts.tsx";
import { linkTo } from "./route.ts";

/** What each detector answered about one window. */
export function VerdictList({ verdicts }: { readonly verdicts: readonly VerdictAnswer[] }) {
  if (verdicts.length === 0) return <p class="hint">No verdict on this window is stored.</p>;
  const sorted = [...verdicts].sort(
    (a, b) => ORDER[a.answer] - ORDER[b.answer] || (a.detector < b.detector ? -1 : 1),
  );
  return (
    <>
      <h3>Verdicts on this window</h3>
      <ul class="verdicts">
        {sorted.map((verdict) => (
          <Verdict key={verdict.detector} verdict={verdict} />
        ))}
      </ul>
    </>
  );
}

const ORDER = { anomalous: 0, ok: 1, insufficient: 2 } as const;

function Verdict({ verdict }: { readonly verdict: VerdictAnswer }) {
  return (
    <li class={`verdict verdict-${verdict.answer}`}>
      <p>
        <b>{verdict.detector.split("@")[0]}</b>
        {verdict.detector.includes("@") && ` against ${verdict.explanation.reference}`}{" "}
        {verdict.answer === "anomalous" ? (
          <SeverityBadge severity={verdict.severity} />
        ) : (
          <span class="answer">{verdict.answer === "ok" ? "ok" : "not enough to judge"}</span>
        )}{" "}
        {verdict.summary}
        {verdict.incidentId !== "" && (
          <>
            {" "}
            <a href={linkTo({ view: "incidents", id: verdict.incidentId })}>incident</a>
          </>
        )}
      </p>
      {verdict.statistic !== null && (
        <p class="unit">
          statistic {formatNumber(verdict.statistic)} against {formatNumber(verdict.threshold)} · effect{" "}
          {formatNumber(verdict.effect)} · significance {formatNumber(verdict.significance)}
          {verdict.sketchError !== null &&
            verdict.sketchError > 0 &&
            ` · sketch error ${formatNumber(verdict.sketchError)}`}
          {verdict.explanation.reference !== "" && ` · reference ${verdict.explanation.reference}`}
        </p>
      )}
      {verdict.explanation.parts.length > 0 && (
        <details>
          <summary>What it is made of</summary>
          <Parts parts={verdict.explanation.parts} />
        </details>
      )}
      <ExplainLine verdict={verdict.name} />
    </li>
  );
}
