import { useEffect } from "preact/hooks";
import type { LanesAnswer } from "../../wire.ts";
import { ask, connection } from "./api.ts";
import { formatAge, formatClock } from "./format.ts";
import { useObservable } from "./observable.ts";
import { useNow, usePoll } from "./poll.ts";
import { RangePicker } from "./range-picker.tsx";
import { goTo, linkTo, type Place } from "./route.ts";
import { StatusPanel } from "./status-panel.tsx";
import type { RangeChoice } from "./time-range.ts";

/** Without an answer for this long, what is on screen is old and says so. */
const STALE_MS = 10_000;

export function TopBar({ place, range }: { readonly place: Place; readonly range: RangeChoice }) {
  const open = usePoll("open-incidents", (signal) => ask<LanesAnswer>("/v1/lanes", { limit: 1 }, signal));
  useShortcuts();
  const view = place.view === "incidents" || place.view === "budget" ? place.view : "lanes";
  const current = (name: string) => (view === name ? "page" : undefined);
  return (
    <>
      <header class="top">
        <a class="brand" href={linkTo({ view: "lanes" })}>
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="7" />
            <path d="M4 20h7l3-10 5 14 3-8h6" />
          </svg>
          Lanewatch
        </a>
        <nav aria-label="Views">
          <a href={linkTo({ view: "lanes" })} aria-current={current("lanes")}>
            Lanes
          </a>
          <a href={linkTo({ view: "incidents" })} aria-current={current("incidents")}>
            Incidents
            <OpenCount answer={open.data} />
          </a>
          <a href={linkTo({ view: "budget" })} aria-current={current("budget")}>
            Page budget
          </a>
        </nav>
        <div class="top-right">
          {(place.view === "lane" || place.view === "feature") && <RangePicker place={place} range={range} />}
          <StatusPanel>
            <Freshness />
          </StatusPanel>
        </div>
      </header>
      <Disconnected />
    </>
  );
}

function OpenCount({ answer }: { readonly answer: LanesAnswer | undefined }) {
  if (answer === undefined || answer.openIncidents === 0) return null;
  const worst = answer.healthCounts.page > 0 ? "page" : answer.healthCounts.warn > 0 ? "warn" : "info";
  return (
    <span class={`count count-${worst}`} title={`${answer.openIncidents} unresolved`}>
      {answer.openIncidents}
    </span>
  );
}

function Freshness() {
  const nowMs = useNow();
  const { okAtMs, trouble } = useObservable(connection);
  if (okAtMs === 0)
    return (
      <span class={trouble === "" ? "fresh" : "fresh stale"}>
        {trouble === "" ? "connecting…" : "not connected"}
      </span>
    );
  const ageMs = Math.max(0, nowMs - okAtMs);
  const stale = ageMs > STALE_MS;
  return (
    <span class={stale || trouble !== "" ? "fresh stale" : "fresh"}>
      <span class="fresh-word">last update</span>
      {formatAge(ageMs)} ago
    </span>
  );
}

/** Said over the whole page, for old numbers look like new ones. */
function Disconnected() {
  const nowMs = useNow();
  const { okAtMs, trouble, tokenRefused } = useObservable(connection);
  if (tokenRefused || trouble === "" || (okAtMs !== 0 && nowMs - okAtMs < STALE_MS / 2)) return null;
  return (
    <div class="disconnected" role="alert">
      <strong>Disconnected:</strong> {trouble}.{" "}
      {okAtMs === 0
        ? "Nothing was loaded yet."
        : `What you see is from ${formatClock(okAtMs)} UTC, ${formatAge(nowMs - okAtMs)} ago.`}{" "}
      Trying again…
    </div>
  );
}

/** "/" searches, "l" and "i" change the view; never while someone types. */
function useShortcuts(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
        return;
      if (event.key === "/") {
        const search = document.querySelector<HTMLInputElement>("input[type=search]");
        if (search === null) return;
        event.preventDefault();
        search.focus();
      } else if (event.key === "l") goTo({ view: "lanes" });
      else if (event.key === "i") goTo({ view: "incidents" });
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}
