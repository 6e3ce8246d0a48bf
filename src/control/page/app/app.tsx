import { useEffect } from "preact/hooks";
import { connection, token } from "./api.ts";
import { BudgetView } from "./budget-view.tsx";
import { FeatureView } from "./feature-view.tsx";
import { IncidentsView } from "./incidents-view.tsx";
import { LaneView } from "./lane-view.tsx";
import { LanesView } from "./lanes-view.tsx";
import { useObservable } from "./observable.ts";
import { linkTo, type Place, route } from "./route.ts";
import { Empty } from "./states.tsx";
import { TokenForm } from "./token-form.tsx";
import { TopBar } from "./top-bar.tsx";

export function App() {
  const { place, range } = useObservable(route);
  const { tokenRefused } = useObservable(connection);
  const asked = useObservable(token);
  useEffect(() => {
    document.title = titleOf(place);
  }, [place]);
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById("main")?.focus()}>
        Skip to content
      </button>
      <TopBar place={place} range={range} />
      <main id="main" tabIndex={-1}>
        {tokenRefused ? <TokenForm refused={asked !== ""} /> : <View place={place} />}
      </main>
    </>
  );
}

function View({ place }: { readonly place: Place }) {
  switch (place.view) {
    case "lanes":
      return <LanesView />;
    case "lane":
      return <LaneView key={place.swimlane} swimlane={place.swimlane} source={place.source} />;
    case "feature":
      return <FeatureView key={`${place.swimlane}|${place.source}|${place.feature}`} place={place} />;
    case "incidents":
      return <IncidentsView id={place.id} swimlane={place.swimlane} />;
    case "budget":
      return <BudgetView swimlane={place.swimlane} />;
    case "unknown":
      return (
        <Empty title="There is no such view.">
          <a href={linkTo({ view: "lanes" })}>Go to the lanes</a>
        </Empty>
      );
  }
}

function titleOf(place: Place): string {
  switch (place.view) {
    case "lane":
      return `${place.swimlane} · Lanewatch`;
    case "feature":
      return `${place.feature === "*" ? "records" : place.feature} · ${place.swimlane} · Lanewatch`;
    case "incidents":
      return "Incidents · Lanewatch";
    case "budget":
      return "Page budget · Lanewatch";
    case "lanes":
    case "unknown":
      return "Lanewatch";
  }
}
