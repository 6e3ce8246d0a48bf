import { useState } from "preact/hooks";
import type { IncidentAnswer, IncidentsAnswer } from "../../incidents/wire-incidents.ts";
import { ask } from "./api.ts";
import { formatAge, formatTime, localTime } from "./format.ts";
import { SeverityBadge, StateTag } from "./health.tsx";
import { IncidentDetail } from "./incident-detail.tsx";
import { Name } from "./names.tsx";
import { usePoll } from "./poll.ts";
import { linkTo } from "./route.ts";
import { Answered, Empty } from "./states.tsx";

const SINCE = [
  ["24h", "last 24 hours"],
  ["7d", "last 7 days"],
  ["28d", "last 4 weeks"],
  ["365d", "last year"],
] as const;

interface IncidentsProps {
  readonly id: string | undefined;
  readonly swimlane: string | undefined;
}

export function IncidentsView({ id, swimlane }: IncidentsProps) {
  const [since, setSince] = useState<string>("28d");
  const polled = usePoll(JSON.stringify([since, swimlane]), (signal) =>
    ask<IncidentsAnswer>("/v1/incidents", { since, swimlane }, signal),
  );
  return (
    <div class={id === undefined ? "incidents" : "incidents with-detail"}>
      <section class="incident-list" aria-label="Incidents">
        <header class="panel-head">
          <h1>Incidents</h1>
          {swimlane !== undefined && (
            <a class="button" href={linkTo({ view: "incidents" })} title="Show the incidents of every lane">
              <Name>{swimlane}</Name> ✕
            </a>
          )}
          <label>
            <span class="sr-only">Incidents that began in the</span>
            <select value={since} onChange={(event) => setSince(event.currentTarget.value)}>
              {SINCE.map(([duration, label]) => (
                <option key={duration} value={duration}>
                  {label}
                </option>
              ))}
            </select>
          </label>
        </header>
        <Answered polled={polled} what="incidents">
          {(answer) => <Lists answer={answer} chosen={id} swimlane={swimlane} />}
        </Answered>
      </section>
      {id !== undefined && <IncidentDetail key={id} id={id} changed={polled.refresh} />}
    </div>
  );
}

interface ListsProps {
  readonly answer: IncidentsAnswer;
  readonly chosen: string | undefined;
  readonly swimlane: string | undefined;
}

function Lists({ answer, chosen, swimlane }: ListsProps) {
  const live = answer.incidents.filter(({ state }) => state === "open" || state === "acknowledged");
  const pending = answer.incidents.filter(({ state }) => state === "pending");
  const resolved = answer.incidents.filter(({ state }) => state === "resolved");
  const shared = { answer, chosen, swimlane };
  return (
    <>
      {live.length === 0 ? (
        <Empty title="No open incident." />
      ) : (
        <List title="Open" incidents={live} {...shared} />
      )}
      {pending.length > 0 && (
        <List title="Pending: seen, not yet lasting enough to tell" incidents={pending} {...shared} />
      )}
      {resolved.length > 0 && <List title="Resolved" incidents={resolved} {...shared} />}
      {answer.truncated && <p class="hint">Only the newest are shown; choose a shorter time.</p>}
    </>
  );
}

function List({
  title,
  incidents,
  answer,
  chosen,
  swimlane,
}: ListsProps & { readonly title: string; readonly incidents: readonly IncidentAnswer[] }) {
  return (
    <section>
      <h2>
        {title} <span class="unit">{incidents.length}</span>
      </h2>
      <ul>
        {incidents.map((incident) => (
          <li key={incident.id} class={`incident incident-${incident.severity} is-${incident.state}`}>
            <a
              href={linkTo({ view: "incidents", id: incident.id, swimlane })}
              aria-current={incident.id === chosen ? "true" : undefined}
            >
              <span class="incident-top">
                <SeverityBadge severity={incident.severity} />
                {incident.state !== "open" && <StateTag state={incident.state} />}
                <span class="unit" title={localTime(incident.startMs)}>
                  {formatTime(incident.startMs, answer.eventNowMs)} · {lasted(incident, answer.eventNowMs)}
                </span>
              </span>
              <span class="incident-title">{incident.title}</span>
              {incident.story.cause !== "" && incident.state !== "resolved" && (
                <span class="incident-cause">{incident.story.cause}</span>
              )}
              {incident.story.closing !== "" && <span class="incident-cause">{incident.story.closing}</span>}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function lasted(
  incident: Pick<IncidentAnswer, "state" | "startMs" | "endMs" | "resolvedAtMs">,
  nowMs: number,
): string {
  if (incident.state !== "resolved") return `for ${formatAge(Math.max(0, nowMs - incident.startMs))}`;
  return `lasted ${formatAge(Math.max(0, incident.endMs - incident.startMs))}`;
}
