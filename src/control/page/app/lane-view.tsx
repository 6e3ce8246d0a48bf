import type { FeaturesAnswer, LaneAnswer, LanesAnswer } from "../../wire.ts";
import { ask } from "./api.ts";
import { FeatureGrid } from "./feature-grid.tsx";
import { formatExact, formatMoment, formatNumber, formatSize, formatTime } from "./format.ts";
import { GateLine } from "./gate-line.tsx";
import { HealthBadge, SeverityBadge, StateTag } from "./health.tsx";
import { HeldToLine } from "./held-to-line.tsx";
import { withoutLane } from "./lanes-view.tsx";
import { Name } from "./names.tsx";
import { usePoll } from "./poll.ts";
import { goTo, linkTo } from "./route.ts";
import { Answered, Empty } from "./states.tsx";
import { useFeed, useRange } from "./use-feed.ts";
import { VolumeChart } from "./volume-chart.tsx";

const FEATURES_POLL_MS = 5_000;

export function LaneView({
  swimlane,
  source,
}: {
  readonly swimlane: string;
  readonly source: string | undefined;
}) {
  const polled = usePoll(swimlane, (signal) => ask<LanesAnswer>("/v1/lanes", { swimlane }, signal));
  return (
    <Answered polled={polled} what="the lane">
      {(answer) => {
        const lane = answer.lanes[0];
        if (lane === undefined) return <UnknownLane swimlane={swimlane} />;
        return <Lane lane={lane} eventNowMs={answer.eventNowMs} source={source} />;
      }}
    </Answered>
  );
}

function UnknownLane({ swimlane }: { readonly swimlane: string }) {
  return (
    <Empty title="No such lane.">
      <p>
        Nothing was ever stored for <Name>{swimlane}</Name>.{" "}
        <a href={linkTo({ view: "lanes" })}>See the lanes there are</a>
      </p>
    </Empty>
  );
}

interface LaneProps {
  readonly lane: LaneAnswer;
  readonly eventNowMs: number;
  readonly source: string | undefined;
}

function Lane({ lane, eventNowMs, source }: LaneProps) {
  const shown = source ?? lane.sources[0]?.source ?? "";
  return (
    <div class="lane">
      <header class="lane-head">
        <p class="crumbs">
          <a href={linkTo({ view: "lanes" })}>Lanes</a>
        </p>
        <h1>
          <Name>{lane.swimlane}</Name>
          <HealthBadge health={lane.health} />
        </h1>
        {lane.incidents.length === 0 && <p class="reason">{lane.reason}</p>}
        <LaneFacts lane={lane} eventNowMs={eventNowMs} />
        <GateLine lane={lane} />
        <HeldToLine swimlane={lane.swimlane} />
        <OpenIncidents lane={lane} />
      </header>
      {lane.lastWindowMs === null ? (
        <Empty title="Configured, but no record has come yet." />
      ) : (
        <LaneCharts lane={lane} source={shown} />
      )}
    </div>
  );
}

function LaneFacts({ lane, eventNowMs }: { readonly lane: LaneAnswer; readonly eventNowMs: number }) {
  const { pages, accepted, perWeek, limitPages } = lane.budget;
  return (
    <dl class="facts">
      <div>
        <dt>Window</dt>
        <dd>{formatSize(lane.windowSizeMs)}</dd>
      </div>
      <div>
        <dt>Newest window</dt>
        <dd>
          {lane.lastRecordCount === null ? "–" : formatExact(lane.lastRecordCount)} records
          {lane.lastWindowMs !== null && (
            <span class="unit"> ended {formatTime(lane.lastWindowMs + lane.windowSizeMs, eventNowMs)}</span>
          )}
        </dd>
      </div>
      <div>
        <dt>Watched since</dt>
        <dd>{lane.firstWindowMs === null ? "–" : formatMoment(lane.firstWindowMs)}</dd>
      </div>
      <div title={`The owner accepts ${formatNumber(perWeek)} false pages a week`}>
        <dt>Pages in 4 weeks</dt>
        <dd>
          <a
            class={pages > accepted ? "budget over" : "budget"}
            href={linkTo({ view: "budget", swimlane: lane.swimlane })}
          >
            {pages}
          </a>{" "}
          <span class="unit">
            of {formatNumber(accepted)} budget{limitPages > 0 && `, ${limitPages} by limits`}
          </span>
        </dd>
      </div>
    </dl>
  );
}

function OpenIncidents({ lane }: { readonly lane: LaneAnswer }) {
  if (lane.incidents.length === 0) return null;
  return (
    <ul class="open-incidents" aria-label="Unresolved incidents">
      {lane.incidents.slice(0, 5).map((incident) => (
        <li key={incident.id}>
          <SeverityBadge severity={incident.severity} />
          <a href={linkTo({ view: "incidents", id: incident.id })}>
            {withoutLane(incident.title, lane.swimlane)}
          </a>
        </li>
      ))}
      {lane.incidents.length > 5 && (
        <li>
          <StateTag state="open" />
          <a href={linkTo({ view: "incidents", swimlane: lane.swimlane })}>
            and {lane.incidents.length - 5} more
          </a>
        </li>
      )}
    </ul>
  );
}

function LaneCharts({ lane, source }: { readonly lane: LaneAnswer; readonly source: string }) {
  const range = useRange(lane);
  const feed = useFeed({
    swimlane: lane.swimlane,
    source,
    range,
    firstMs: lane.firstWindowMs ?? 0,
    points: 400,
  });
  const features = usePoll(
    JSON.stringify([lane.swimlane, range.kind === "span" ? range : ""]),
    (signal) =>
      ask<FeaturesAnswer>("/v1/features", { swimlane: lane.swimlane, ...featureSpan(range) }, signal),
    FEATURES_POLL_MS,
  );
  return (
    <>
      {lane.sources.length > 1 && <SourceTabs lane={lane} chosen={source} />}
      <VolumeChart feed={feed} lane={lane} source={source} />
      <FeatureGrid feed={feed} lane={lane} source={source} features={features} />
    </>
  );
}

function featureSpan(range: { readonly kind: string; readonly sinceMs?: number; readonly untilMs?: number }) {
  return range.kind === "span" ? { since: range.sinceMs, until: range.untilMs } : {};
}

function SourceTabs({ lane, chosen }: { readonly lane: LaneAnswer; readonly chosen: string }) {
  return (
    <fieldset class="tabs">
      <legend class="sr-only">Source</legend>
      {lane.sources.map(({ source }) => (
        <button
          type="button"
          key={source}
          aria-pressed={source === chosen}
          onClick={() => goTo({ view: "lane", swimlane: lane.swimlane, source })}
        >
          {source === "" ? "(no source)" : <Name>{source}</Name>}
        </button>
      ))}
    </fieldset>
  );
}
