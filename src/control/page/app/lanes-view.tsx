import { useEffect, useState } from "preact/hooks";
import { HEALTHS, type Health, type LaneAnswer, type LanesAnswer } from "../../wire.ts";
import { ask } from "./api.ts";
import {
  formatAge,
  formatCount,
  formatExact,
  formatNumber,
  formatSize,
  formatTime,
  localTime,
} from "./format.ts";
import { HEALTH_WORDS, HealthBadge } from "./health.tsx";
import { Name } from "./names.tsx";
import { usePoll } from "./poll.ts";
import { linkTo } from "./route.ts";
import { Sparkline } from "./sparkline.tsx";
import { Answered, Empty } from "./states.tsx";

/** Lanes on screen at once; a thousand rows would help nobody. The worst come first. */
const LANES_A_PAGE = 50;
const SEARCH_PAUSE_MS = 200;

export function LanesView() {
  const [typed, setTyped] = useState("");
  const q = useSettled(typed, SEARCH_PAUSE_MS);
  const [health, setHealth] = useState<Health | undefined>();
  const [offset, setOffset] = useState(0);
  const polled = usePoll(JSON.stringify([q, health, offset]), (signal) =>
    ask<LanesAnswer>("/v1/lanes", { q, health, offset, limit: LANES_A_PAGE }, signal),
  );
  const choose = (chosen: Health | undefined) => {
    setHealth(chosen);
    setOffset(0);
  };
  return (
    <section class="lanes">
      <h1 class="sr-only">Lanes</h1>
      <div class="lanes-bar">
        <HealthFilter answer={polled.data} chosen={health} choose={choose} />
        <input
          type="search"
          placeholder="Find a lane or source ( / )"
          aria-label="Find a lane or source"
          value={typed}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setOffset(0);
          }}
        />
      </div>
      <Answered polled={polled} what="lanes">
        {(answer) => (
          <>
            {answer.lanes.length === 0 ? (
              <NoLanes filtered={q !== "" || health !== undefined} />
            ) : (
              <LaneTable answer={answer} />
            )}
            <Pager answer={answer} go={setOffset} />
          </>
        )}
      </Answered>
    </section>
  );
}

interface FilterProps {
  readonly answer: LanesAnswer | undefined;
  readonly chosen: Health | undefined;
  readonly choose: (health: Health | undefined) => void;
}

function HealthFilter({ answer, chosen, choose }: FilterProps) {
  const [kept, setKept] = useState(answer);
  useEffect(() => {
    if (answer !== undefined) setKept(answer);
  }, [answer]);
  const counts = kept?.healthCounts;
  const total = counts === undefined ? undefined : HEALTHS.reduce((sum, health) => sum + counts[health], 0);
  return (
    <fieldset class="filter">
      <legend class="sr-only">Show lanes by health</legend>
      <button type="button" aria-pressed={chosen === undefined} onClick={() => choose(undefined)}>
        All <b>{total ?? "…"}</b>
      </button>
      {HEALTHS.filter((health) => health === chosen || (counts?.[health] ?? 0) > 0).map((health) => (
        <button
          type="button"
          key={health}
          class={`filter-${health}`}
          aria-pressed={chosen === health}
          onClick={() => choose(chosen === health ? undefined : health)}
        >
          {HEALTH_WORDS[health]} <b>{counts?.[health] ?? 0}</b>
        </button>
      ))}
    </fieldset>
  );
}

function LaneTable({ answer }: { readonly answer: LanesAnswer }) {
  return (
    <table class="lane-table">
      <thead>
        <tr>
          <th scope="col">Health</th>
          <th scope="col">Lane</th>
          <th scope="col" class="number">
            Records, newest window
          </th>
          <th scope="col">Recent windows</th>
          <th scope="col">Window ended</th>
          <th scope="col">Open incidents</th>
          <th
            scope="col"
            title="Pages in the last four weeks, beside the false ones that the lane's owner accepts in that time"
          >
            Pages, 4 weeks
          </th>
        </tr>
      </thead>
      <tbody>
        {answer.lanes.map((lane) => (
          <LaneRow key={lane.swimlane} lane={lane} answer={answer} />
        ))}
      </tbody>
    </table>
  );
}

function LaneRow({ lane, answer }: { readonly lane: LaneAnswer; readonly answer: LanesAnswer }) {
  const endMs = lane.lastWindowMs === null ? null : lane.lastWindowMs + lane.windowSizeMs;
  return (
    <tr class={`lane-${lane.health}`}>
      <td class="cell-health" title={lane.reason}>
        <HealthBadge health={lane.health} />
      </td>
      <th scope="row" class="cell-lane">
        <a href={linkTo({ view: "lane", swimlane: lane.swimlane })}>
          <Name>{lane.swimlane}</Name>
        </a>
        <span class="lane-sources">{sourcesText(lane)}</span>
      </th>
      <td
        class="cell-count number"
        title={lane.lastRecordCount === null ? "" : `${formatExact(lane.lastRecordCount)} records`}
      >
        {lane.lastRecordCount === null ? "–" : formatCount(lane.lastRecordCount)}
        <span class="unit"> / {formatSize(lane.windowSizeMs)}</span>
      </td>
      <td class="cell-spark">
        <Sparkline
          counts={lane.recentCounts}
          label={`Records of the last ${lane.recentCounts.length} windows`}
        />
      </td>
      <td class="cell-age" title={endMs === null ? "" : localTime(endMs)}>
        {endMs === null ? "never" : <Ended endMs={endMs} nowMs={answer.eventNowMs} />}
      </td>
      <td class="cell-incidents">
        <LaneIncidents lane={lane} />
      </td>
      <td class="cell-budget">
        <Budget lane={lane} />
      </td>
    </tr>
  );
}

function sourcesText(lane: LaneAnswer): string {
  const named = lane.sources.map(({ source }) => source).filter((source) => source !== "");
  if (named.length <= 2) return named.join(", ");
  return `${named.slice(0, 2).join(", ")} and ${named.length - 2} more`;
}

function Ended({ endMs, nowMs }: { readonly endMs: number; readonly nowMs: number }) {
  const ageMs = nowMs - endMs;
  return (
    <>
      {ageMs < 0 ? "just now" : `${formatAge(ageMs)} ago`}{" "}
      <span class="unit">{formatTime(endMs, nowMs)}</span>
    </>
  );
}

function LaneIncidents({ lane }: { readonly lane: LaneAnswer }) {
  const [worst, ...others] = lane.incidents;
  if (worst === undefined) return <span class="nothing">{lane.health === "ok" ? "none" : lane.reason}</span>;
  return (
    <>
      <a
        class={`incident-link incident-${worst.severity}`}
        href={linkTo({ view: "incidents", id: worst.id })}
      >
        {withoutLane(worst.title, lane.swimlane)}
      </a>
      {others.length > 0 && (
        <a class="more" href={linkTo({ view: "incidents", swimlane: lane.swimlane })}>
          +{others.length}
        </a>
      )}
    </>
  );
}

/** Titles begin with the lane; in its own row that is said already. */
export function withoutLane(title: string, swimlane: string): string {
  return title.startsWith(`${swimlane}: `) ? title.slice(swimlane.length + 2) : title;
}

function Budget({ lane }: { readonly lane: LaneAnswer }) {
  const { pages, accepted, perWeek, limitPages } = lane.budget;
  const over = pages > accepted;
  return (
    <a
      class={over ? "budget over" : "budget"}
      href={linkTo({ view: "budget", swimlane: lane.swimlane })}
      title={`The owner accepts ${formatNumber(perWeek)} false pages a week`}
    >
      {pages}{" "}
      <span class="unit">
        of {formatNumber(accepted)} budget{limitPages > 0 && `, ${limitPages} by limits`}
      </span>
    </a>
  );
}

function NoLanes({ filtered }: { readonly filtered: boolean }) {
  if (filtered) return <Empty title="No lane matches." />;
  return (
    <Empty title="No lane has sent a record yet.">
      <p>
        A lane appears with its first complete window: its length plus the allowed lateness after the first
        record. See the status panel (top right) for what is being read.
      </p>
    </Empty>
  );
}

function Pager({ answer, go }: { readonly answer: LanesAnswer; readonly go: (offset: number) => void }) {
  if (answer.total <= LANES_A_PAGE) return null;
  const last = Math.min(answer.offset + LANES_A_PAGE, answer.total);
  return (
    <nav class="pager" aria-label="Pages of lanes">
      <button
        type="button"
        disabled={answer.offset === 0}
        onClick={() => go(Math.max(0, answer.offset - LANES_A_PAGE))}
      >
        ← Previous
      </button>
      <span>
        {answer.offset + 1}–{last} of {answer.total}
      </span>
      <button type="button" disabled={last >= answer.total} onClick={() => go(answer.offset + LANES_A_PAGE)}>
        Next →
      </button>
    </nav>
  );
}

/** The value once it has rested; typing should not ask for every letter. */
function useSettled(value: string, pauseMs: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pauseMs);
    return () => clearTimeout(timer);
  }, [value, pauseMs]);
  return settled;
}
