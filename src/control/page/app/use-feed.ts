import { useEffect, useMemo } from "preact/hooks";
import type { LaneAnswer, SeriesAnswer } from "../../wire.ts";
import { useObservable } from "./observable.ts";
import { route } from "./route.ts";
import { type FeedAsked, type FeedState, SeriesFeed } from "./series-feed.ts";
import { type Range, rangeOf, usualDuration } from "./time-range.ts";

/** One feed for a lane, source and range; a new one when they change. */
export function useFeed(asked: FeedAsked): SeriesFeed {
  const key = JSON.stringify([
    asked.swimlane,
    asked.source,
    asked.range,
    asked.range.kind === "all" ? asked.firstMs : 0,
    asked.points,
  ]);
  // The key holds all that matters of `asked`
  const feed = useMemo(() => new SeriesFeed(asked), [key]);
  useEffect(() => () => feed.stop(), [feed]);
  return feed;
}

/** The series of one feature while this component is shown and `wanted`. */
export function useSeries(
  feed: SeriesFeed,
  feature: string,
  wanted = true,
): FeedState & { readonly series: SeriesAnswer | undefined } {
  const state = useObservable(feed.state);
  useEffect(() => (wanted ? feed.want(feature) : undefined), [feed, feature, wanted]);
  return { ...state, series: feed.get(feature) };
}

/** The range that the address asks for, or the usual one of the lane; told to the picker too. */
export function useRange(lane: Pick<LaneAnswer, "windowSizeMs">): Range {
  const choice = useObservable(route).range;
  const usual = rangeOf({ kind: "usual" }, lane.windowSizeMs);
  useEffect(() => {
    if (usual.kind === "last") usualDuration.set(usual.duration);
  }, [usual]);
  return rangeOf(choice, lane.windowSizeMs);
}
