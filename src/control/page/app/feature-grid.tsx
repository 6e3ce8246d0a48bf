import { useState } from "preact/hooks";
import type { FeatureAnswer, FeaturesAnswer, LaneAnswer } from "../../wire.ts";
import { FeatureCard } from "./feature-card.tsx";
import type { SeriesFeed } from "./series-feed.ts";
import { Empty, Failure, Loading } from "./states.tsx";

interface GridProps {
  readonly feed: SeriesFeed;
  readonly lane: LaneAnswer;
  readonly source: string;
  readonly features: { readonly data: FeaturesAnswer | undefined; readonly error: unknown };
}

/** Every feature as a small chart, what needs a look first. Only those in view ask for their series. */
export function FeatureGrid({ feed, lane, source, features }: GridProps) {
  const [q, setQ] = useState("");
  const [onlyAlarms, setOnlyAlarms] = useState(false);
  if (features.data === undefined)
    return features.error === undefined ? (
      <Loading what="the features" />
    ) : (
      <Failure error={features.error} />
    );
  const ofSource = features.data.features.filter((feature) => feature.source === source);
  const alarms = ofSource.filter((feature) => feature.alarm !== null).length;
  const shown = ofSource.filter((feature) => matches(feature, q) && (!onlyAlarms || feature.alarm !== null));
  return (
    <section class="panel features" aria-label="Features">
      <header class="panel-head">
        <h2>Features and metrics</h2>
        <p class="hint">
          {ofSource.length}
          {alarms > 0 && `, ${alarms} anomalous in the newest windows`}
        </p>
        <label class="check">
          <input
            type="checkbox"
            checked={onlyAlarms}
            onChange={(event) => setOnlyAlarms(event.currentTarget.checked)}
          />
          only anomalous
        </label>
        <input
          type="search"
          placeholder="Find a feature ( / )"
          aria-label="Find a feature"
          value={q}
          onInput={(event) => setQ(event.currentTarget.value)}
        />
      </header>
      {shown.length === 0 ? (
        <Empty title={noneTitle(ofSource.length, onlyAlarms)} />
      ) : (
        <ul class="grid">
          {shown.map((feature) => (
            <FeatureCard key={feature.feature} feed={feed} lane={lane} feature={feature} />
          ))}
        </ul>
      )}
    </section>
  );
}

function matches(feature: FeatureAnswer, q: string): boolean {
  return feature.feature.toLowerCase().includes(q.toLowerCase());
}

function noneTitle(count: number, onlyAlarms: boolean): string {
  if (count === 0) return "The newest windows of this source hold no feature.";
  return onlyAlarms ? "No feature is anomalous in the newest windows." : "No feature matches.";
}
