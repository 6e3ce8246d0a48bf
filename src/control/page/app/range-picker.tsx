import { useState } from "preact/hooks";
import { useObservable } from "./observable.ts";
import { goTo, type Place } from "./route.ts";
import { RANGES, type RangeChoice, usualDuration } from "./time-range.ts";

/** From minutes to years, everything, or a span of one's own; kept in the address. */
export function RangePicker({ place, range }: { readonly place: Place; readonly range: RangeChoice }) {
  const [editing, setEditing] = useState(false);
  const choose = (value: string) => {
    if (value === "custom") return setEditing(true);
    setEditing(false);
    goTo(place, value === "all" ? { kind: "all" } : { kind: "last", duration: value });
  };
  const usual = useObservable(usualDuration);
  const chosen = range.kind === "usual" ? usual : range.kind === "last" ? range.duration : range.kind;
  const value = editing || chosen === "span" ? "custom" : chosen;
  return (
    <div class="range">
      <label>
        <span class="sr-only">Time range</span>
        <select value={value} onChange={(event) => choose(event.currentTarget.value)}>
          {range.kind === "last" && !RANGES.some(({ duration }) => duration === chosen) && (
            <option value={chosen}>last {chosen}</option>
          )}
          {RANGES.map(({ duration, label }) => (
            <option key={duration} value={duration}>
              last {label}
            </option>
          ))}
          <option value="all">everything stored</option>
          <option value="custom">from … to …</option>
        </select>
      </label>
      {value === "custom" && (
        <SpanForm
          key={JSON.stringify(range)}
          range={range}
          choose={(span) => goTo(place, span)}
          done={() => setEditing(false)}
        />
      )}
    </div>
  );
}

interface SpanFormProps {
  readonly range: RangeChoice;
  readonly choose: (span: RangeChoice) => void;
  readonly done: () => void;
}

function SpanForm({ range, choose, done }: SpanFormProps) {
  const [since, setSince] = useState(
    inputTime(range.kind === "span" ? range.sinceMs : Date.now() - 3_600_000),
  );
  const [until, setUntil] = useState(inputTime(range.kind === "span" ? range.untilMs : Date.now()));
  const sinceMs = Date.parse(`${since}Z`);
  const untilMs = Date.parse(`${until}Z`);
  const valid = sinceMs < untilMs;
  const submit = (event: Event) => {
    event.preventDefault();
    if (!valid) return;
    choose({ kind: "span", sinceMs, untilMs });
    done();
  };
  return (
    <form class="span-form" onSubmit={submit}>
      <input
        aria-label="From, UTC"
        type="datetime-local"
        step="1"
        value={since}
        onInput={(event) => setSince(event.currentTarget.value)}
      />
      <span aria-hidden="true">–</span>
      <input
        aria-label="To, UTC"
        type="datetime-local"
        step="1"
        value={until}
        onInput={(event) => setUntil(event.currentTarget.value)}
      />
      <span class="hint">UTC</span>
      <button type="submit" disabled={!valid}>
        Show
      </button>
    </form>
  );
}

const inputTime = (timeMs: number) => new Date(timeMs).toISOString().slice(0, 19);
