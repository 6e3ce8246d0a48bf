import { useEffect, useRef } from "preact/hooks";
import type { IncidentDetailAnswer, WitnessAnswer } from "../../incidents/wire-incidents.ts";
import { AcknowledgeForm } from "./acknowledge-form.tsx";
import { ask } from "./api.ts";
import { CopyBlock } from "./copy-block.tsx";
import { ExplainLine } from "./explain-line.tsx";
import { formatChange, formatMoment, formatNumber, formatSpan, localTime } from "./format.ts";
import { SeverityBadge, StateTag } from "./health.tsx";
import { IncidentChart } from "./incident-chart.tsx";
import { lasted } from "./incidents-view.tsx";
import { FeatureName, Name } from "./names.tsx";
import { Parts } from "./parts.tsx";
import { usePoll } from "./poll.ts";
import { RespondForm } from "./respond-form.tsx";
import { encode, linkTo } from "./route.ts";
import { Answered } from "./states.tsx";
import { rangeAround } from "./time-range.ts";

export function IncidentDetail({ id, changed }: { readonly id: string; readonly changed: () => void }) {
  const polled = usePoll(id, (signal) =>
    ask<IncidentDetailAnswer>(`/v1/incidents/${encode(id)}`, {}, signal),
  );
  const panel = useRef<HTMLElement>(null);
  // On a narrow screen the detail takes the list's place; the reader should begin at its top.
  useEffect(() => panel.current?.focus({ preventScroll: false }), []);
  return (
    <article class="incident-detail" ref={panel} tabIndex={-1} aria-label="Incident">
      <p class="crumbs only-narrow">
        <a href={linkTo({ view: "incidents" })}>← All incidents</a>
      </p>
      <Answered polled={polled} what="the incident">
        {(incident) => (
          <Incident
            incident={incident}
            changed={() => {
              polled.refresh();
              changed();
            }}
          />
        )}
      </Answered>
    </article>
  );
}

function Incident({
  incident,
  changed,
}: {
  readonly incident: IncidentDetailAnswer;
  readonly changed: () => void;
}) {
  const { story } = incident;
  return (
    <>
      <header>
        <p class="incident-top">
          <SeverityBadge severity={incident.severity} />
          <StateTag state={incident.state} />
          {incident.acknowledgedBy !== "" && <span class="unit">by {incident.acknowledgedBy}</span>}
          <code class="unit">{incident.id}</code>
        </p>
        <h2>{incident.title}</h2>
        {story.howMuch !== "" && <p class="how-much">{story.howMuch}</p>}
        {story.closing !== "" && <p class="closing">{story.closing}</p>}
        {incident.state === "open" && <AcknowledgeForm id={incident.id} done={changed} />}
      </header>
      <Facts incident={incident} />
      {story.causes.length > 0 && (
        <section>
          <h3>Likely cause</h3>
          <ul class="causes">
            {story.causes.map((cause) => (
              <li key={cause}>{cause}</li>
            ))}
          </ul>
        </section>
      )}
      <IncidentChart incident={incident} />
      {story.witnesses.length > 0 && (
        <section>
          <h3>What changed</h3>
          {story.witnesses.map((witness) => (
            <Witness
              key={`${witness.windowStartMs}|${witness.source}|${witness.feature}|${witness.detector}`}
              witness={witness}
              incident={incident}
            />
          ))}
        </section>
      )}
      <Together incident={incident} />
      {story.sql.length > 0 && (
        <section>
          <h3>Reproduce it in SQL</h3>
          {story.sql.map((sql) => (
            <CopyBlock key={sql} text={sql} />
          ))}
        </section>
      )}
      <RespondForm incident={incident} done={changed} />
      <Notifications incident={incident} />
    </>
  );
}

function Facts({ incident }: { readonly incident: IncidentDetailAnswer }) {
  const { story } = incident;
  const size = story.witnesses[0]
    ? story.witnesses[0].windowEndMs - story.witnesses[0].windowStartMs
    : 60_000;
  return (
    <dl class="facts">
      <div>
        <dt>Where</dt>
        <dd>
          <a
            href={linkTo(
              { view: "lane", swimlane: incident.swimlane, source: story.sources[0] },
              rangeAround(incident, size),
            )}
          >
            <Name>{incident.swimlane}</Name>
          </a>
          {story.sources.filter((source) => source !== "").length > 0 && (
            <span class="unit"> {story.sources.join(", ")}</span>
          )}
        </dd>
      </div>
      <div>
        <dt>Since</dt>
        <dd title={localTime(incident.startMs)}>{formatMoment(incident.startMs)}</dd>
      </div>
      <div>
        <dt>{incident.state === "resolved" ? "Lasted" : "Going on"}</dt>
        <dd>{lasted(incident, incident.endMs)}</dd>
      </div>
      <div>
        <dt>Anomalous verdicts</dt>
        <dd>{incident.verdictCount}</dd>
      </div>
      {story.parentId !== "" && (
        <div>
          <dt>Part of</dt>
          <dd>
            <a href={linkTo({ view: "incidents", id: story.parentId })}>an incident over several lanes</a>
          </dd>
        </div>
      )}
      {story.children.length > 0 && (
        <div>
          <dt>Lanes below</dt>
          <dd>
            {story.children.map((child, i) => (
              <a key={child} href={linkTo({ view: "incidents", id: child })}>
                {i > 0 && ", "}
                {child}
              </a>
            ))}
          </dd>
        </div>
      )}
    </dl>
  );
}

function Witness({
  witness,
  incident,
}: {
  readonly witness: WitnessAnswer;
  readonly incident: IncidentDetailAnswer;
}) {
  const place = {
    view: "feature",
    swimlane: incident.swimlane,
    source: witness.source,
    feature: witness.feature,
    atMs: witness.windowStartMs,
  } as const;
  const range = rangeAround(incident, witness.windowEndMs - witness.windowStartMs);
  const lane = { view: "lane", swimlane: incident.swimlane, source: witness.source } as const;
  return (
    <div class="witness">
      <p>
        <SeverityBadge severity={witness.severity} />{" "}
        <a href={linkTo(witness.feature === "*" ? lane : place, range)}>
          <FeatureName>{witness.feature}</FeatureName>
        </a>{" "}
        <span class="unit">
          {witness.detector}
          {witness.source === "" ? "" : ` · ${witness.source}`} ·{" "}
          {formatSpan(witness.windowStartMs, witness.windowEndMs)}
        </span>
      </p>
      <p>{witness.summary}</p>
      {witness.expected !== null && witness.value !== null && (
        <p class="before-after">
          <span>
            <span class="unit">expected</span> {formatNumber(witness.expected)}
          </span>
          <span aria-hidden="true">→</span>
          <span>
            <span class="unit">came</span> <b>{formatNumber(witness.value)}</b>
          </span>
          <b class="change">{formatChange(witness.expected, witness.value)}</b>
        </p>
      )}
      <p class="unit">
        statistic {formatNumber(witness.statistic)} against {formatNumber(witness.threshold)} · effect{" "}
        {formatNumber(witness.effect)} · significance {formatNumber(witness.significance)}
        {witness.reference === "" ? "" : ` · reference ${witness.reference}`}
      </p>
      {witness.parts.length > 0 && <Parts parts={witness.parts} />}
      {witness.verdict !== "" && <ExplainLine verdict={witness.verdict} />}
    </div>
  );
}

function Together({ incident }: { readonly incident: IncidentDetailAnswer }) {
  const { together } = incident.story;
  if (together.length < 2) return null;
  return (
    <section>
      <h3>Moved together</h3>
      <ul class="together">
        {together.map((entry) => (
          <li key={entry.feature}>
            <FeatureName>{entry.feature}</FeatureName>
            <span class="unit">
              {" "}
              {entry.detectors.join(", ")} · {entry.windowCount}{" "}
              {entry.windowCount === 1 ? "window" : "windows"}, first {formatMoment(entry.firstMs)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Notifications({ incident }: { readonly incident: IncidentDetailAnswer }) {
  return (
    <section>
      <h3>Who was told</h3>
      {incident.notifications.length === 0 ? (
        <p class="hint">Nobody: no notification of this incident was sent.</p>
      ) : (
        <ul class="together">
          {incident.notifications.map((sent) => (
            <li key={`${sent.atMs}|${sent.notifier}|${sent.state}`}>
              {sent.notifier} <StateTag state={sent.state} />{" "}
              <span class={sent.outcome === "sent" ? "unit" : "bad"}>
                {sent.outcome} {formatMoment(sent.atMs)} {sent.detail}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
