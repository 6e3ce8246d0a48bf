import { useState } from "preact/hooks";
import type { DistributionAnswer, LaneAnswer, LanesAnswer, SeriesAnswer } from "../../wire.ts";
import { ask } from "./api.ts";
import { DistributionPanel } from "./distribution-panel.tsx";
import { FeatureCharts } from "./feature-charts.tsx";
import { formatSpan } from "./format.ts";
import { FeatureName, Name } from "./names.tsx";
import { usePoll } from "./poll.ts";
import { linkTo, type Place, refine } from "./route.ts";
import { Answered, Empty, Failure, Loading } from "./states.tsx";
import { useFeed, useRange, useSeries } from "./use-feed.ts";
import { VerdictList } from "./verdict-list.tsx";

type FeaturePlace = Extract<Place, { readonly view: "feature" }>;

/** One feature over time, and one of its windows held against the reference. */
export function FeatureView({ place }: { readonly place: FeaturePlace }) {
  const polled = usePoll(
    place.swimlane,
    (signal) => ask<LanesAnswer>("/v1/lanes", { swimlane: place.swimlane }, signal),
    10_000,
  );
  return (
    <div class="lane">
      <header class="lane-head">
        <p class="crumbs">
          <a href={linkTo({ view: "lanes" })}>Lanes</a> /{" "}
          <a href={linkTo({ view: "lane", swimlane: place.swimlane, source: place.source })}>
            <Name>{place.swimlane}</Name>
          </a>
          {place.source !== "" && (
            <>
              {" "}
              / <Name>{place.source}</Name>
            </>
          )}
        </p>
        <h1>
          <FeatureName>{place.feature}</FeatureName>
        </h1>
      </header>
      <Answered polled={polled} what="the lane">
        {(answer) => {
          const lane = answer.lanes[0];
          return lane === undefined ? <Empty title="No such lane." /> : <Feature place={place} lane={lane} />;
        }}
      </Answered>
    </div>
  );
}

function Feature({ place, lane }: { readonly place: FeaturePlace; readonly lane: LaneAnswer }) {
  const range = useRange(lane);
  const feed = useFeed({
    swimlane: place.swimlane,
    source: place.source,
    range,
    firstMs: lane.firstWindowMs ?? 0,
    points: 600,
  });
  const { series, about, error, version } = useSeries(feed, place.feature);
  const [first, setFirst] = useState<number | undefined>();
  if (series === undefined || about === undefined)
    return error === undefined ? <Loading what="the feature" /> : <Failure error={error} />;
  if (series.startMs.length === 0) {
    return (
      <Empty title="No window of this feature in this range.">
        <p>
          Choose a longer range, or{" "}
          <a href={linkTo({ view: "lane", swimlane: place.swimlane, source: place.source })}>
            see what the lane holds
          </a>
          .
        </p>
      </Empty>
    );
  }
  // Without a choice the newest anomaly is shown, and stays shown; without one, the newest window.
  const atMs = place.atMs ?? first ?? series.marks.at(-1)?.startMs;
  if (place.atMs === undefined && first === undefined && atMs !== undefined) setFirst(atMs);
  return (
    <>
      <FeatureCharts
        series={series}
        range={range}
        about={about}
        version={version}
        atMs={atMs}
        onPick={(startMs) => refine({ ...place, atMs: startMs })}
      />
      <Comparison place={place} windowSizeMs={about.windowSizeMs} atMs={atMs} series={series} />
    </>
  );
}

interface ComparisonProps {
  readonly place: FeaturePlace;
  readonly windowSizeMs: number;
  readonly atMs: number | undefined;
  readonly series: SeriesAnswer;
}

function Comparison({ place, windowSizeMs, atMs, series }: ComparisonProps) {
  const { swimlane, source, feature } = place;
  const polled = usePoll(
    JSON.stringify([swimlane, source, feature, windowSizeMs, atMs]),
    (signal) =>
      ask<DistributionAnswer>(
        "/v1/distribution",
        { swimlane, source, feature, window: `${windowSizeMs}ms`, at: atMs },
        signal,
      ),
    atMs === undefined ? Math.max(2_000, windowSizeMs / 2) : 15_000,
  );
  const { [0]: firstMs, [series.startMs.length - 1]: lastMs } = series.startMs;
  return (
    <section class="panel" aria-label="Reference against current">
      <header class="panel-head">
        <h2>Reference against current</h2>
        <p class="hint">
          {atMs === undefined ? "newest window" : "chosen window"}:{" "}
          {polled.data ? formatSpan(polled.data.current.sinceMs, polled.data.current.untilMs) : "…"}
        </p>
        <span class="steps">
          <button
            type="button"
            disabled={atMs === firstMs}
            onClick={() => refine({ ...place, atMs: (atMs ?? lastMs ?? 0) - windowSizeMs })}
          >
            ← Earlier
          </button>
          <button
            type="button"
            disabled={atMs === undefined || atMs === lastMs}
            onClick={() => refine({ ...place, atMs: (atMs ?? 0) + windowSizeMs })}
          >
            Later →
          </button>
        </span>
      </header>
      <Answered polled={polled} what="the window">
        {(answer) => (
          <>
            <DistributionPanel answer={answer} />
            <VerdictList verdicts={answer.verdicts} />
          </>
        )}
      </Answered>
    </section>
  );
}
