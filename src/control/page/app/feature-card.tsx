import { useEffect, useRef, useState } from "preact/hooks";
import type { FeatureAnswer, LaneAnswer, SeriesAnswer } from "../../wire.ts";
import { formatNumber, formatShare } from "./format.ts";
import { SeverityBadge } from "./health.tsx";
import { MiniChart } from "./mini-chart.tsx";
import { Name } from "./names.tsx";
import { linkTo } from "./route.ts";
import type { SeriesFeed } from "./series-feed.ts";
import { useSeries } from "./use-feed.ts";

interface CardProps {
  readonly feed: SeriesFeed;
  readonly lane: LaneAnswer;
  readonly feature: FeatureAnswer;
}

export function FeatureCard({ feed, lane, feature }: CardProps) {
  const card = useRef<HTMLLIElement>(null);
  const seen = useSeen(card);
  const { series, about } = useSeries(feed, feature.feature, seen);
  return (
    <li class={feature.alarm === null ? "card" : `card card-${feature.alarm}`} ref={card}>
      <a
        href={linkTo({
          view: "feature",
          swimlane: lane.swimlane,
          source: feature.source,
          feature: feature.feature,
        })}
      >
        <span class="card-head">
          <span class="card-name">
            <Name>{feature.feature}</Name>
          </span>
          {feature.alarm === null ? (
            <span class="kind">{kindWord(feature)}</span>
          ) : (
            <SeverityBadge severity={feature.alarm} />
          )}
        </span>
        {series === undefined || about === undefined ? (
          <span class="mini mini-waiting" aria-hidden="true" />
        ) : (
          <MiniChart series={series} sinceMs={about.sinceMs} untilMs={about.untilMs} stepMs={about.stepMs} />
        )}
        <span class="card-foot">
          {series === undefined ? "" : <Newest series={series} feature={feature} />}
        </span>
      </a>
    </li>
  );
}

function kindWord({ kind, valueKind }: FeatureAnswer): string {
  return kind === "metric" ? "metric" : valueKind;
}

/** The newest point in numbers. */
function Newest({ series, feature }: { readonly series: SeriesAnswer; readonly feature: FeatureAnswer }) {
  const last = series.startMs.length - 1;
  if (last < 0) return <span class="unit">no window in this range</span>;
  const top = series.categories[0];
  const p50 = series.p50[last] ?? null;
  const nullShare = series.nullShare[last] ?? null;
  return (
    <>
      {p50 !== null && (
        <span>
          <span class="unit">{feature.kind === "metric" ? "mean" : "median"}</span>{" "}
          {formatNumber(feature.kind === "metric" ? (series.mean[last] ?? null) : p50)}
        </span>
      )}
      {p50 === null && top !== undefined && (
        <span class="card-top">
          <Name>{top.name}</Name> {formatShare(top.share[last] ?? null)}
        </span>
      )}
      {nullShare !== null && (
        <span class={nullShare > 0 ? "nulls" : "unit"}>null {formatShare(nullShare)}</span>
      )}
    </>
  );
}

/** In or near the screen. */
function useSeen(of: { readonly current: Element | null }): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (of.current === null) return;
    const observer = new IntersectionObserver(([entry]) => setSeen(entry?.isIntersecting ?? false), {
      rootMargin: "200px",
    });
    observer.observe(of.current);
    return () => observer.disconnect();
  }, [of]);
  return seen;
}
