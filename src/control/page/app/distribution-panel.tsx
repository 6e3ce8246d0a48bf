import type { BarAnswer, DistributionAnswer, SideAnswer } from "../../wire.ts";
import { formatAge, formatExact, formatMoment, formatNumber, formatShare } from "./format.ts";
import { visibleName } from "./names.tsx";

export function DistributionPanel({ answer }: { readonly answer: DistributionAnswer }) {
  const { reference, current } = answer;
  return (
    <div class="comparison">
      <div class="comparison-charts">
        <p class="legend">
          <span class="swatch swatch-reference" />{" "}
          {reference === null
            ? "no earlier window to compare with"
            : `reference: ${reference.name}, ${reference.windowCount} ${reference.windowCount === 1 ? "window" : "windows"}, ${formatExact(reference.recordCount)} records`}{" "}
          <span class="swatch swatch-current" /> current: {formatExact(current.recordCount)} records
        </p>
        {answer.numbers.length > 0 && <Histogram bars={answer.numbers} />}
        {answer.categories.length > 0 && <CategoryBars bars={answer.categories} />}
        {answer.numbers.length + answer.categories.length === 0 && (
          <p class="hint">No value in this window: all null or missing.</p>
        )}
      </div>
      <SideTable reference={reference} current={current} />
    </div>
  );
}

const WIDTH = 640;
const HEIGHT = 200;

/** Both sides on the same bins: what was as an outline, what is as bars. */
function Histogram({ bars }: { readonly bars: readonly BarAnswer[] }) {
  const most = Math.max(...bars.flatMap((bar) => [bar.reference, bar.current]), 1e-12);
  const width = WIDTH / bars.length;
  const y = (share: number) => HEIGHT - (share / most) * (HEIGHT - 6);
  return (
    <figure class="histogram">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label="Shares of values by bin, reference and current"
      >
        {bars.map((bar, i) => (
          <g key={bar.label}>
            <title>{`${bar.label}: reference ${formatShare(bar.reference)}, current ${formatShare(bar.current)}`}</title>
            <rect class="hit" x={i * width} y="0" width={width} height={HEIGHT} />
            <rect
              class="bar-reference"
              x={i * width}
              y={y(bar.reference)}
              width={width}
              height={HEIGHT - y(bar.reference)}
            />
            <rect
              class="bar-current"
              x={i * width + width * 0.2}
              y={y(bar.current)}
              width={width * 0.6}
              height={HEIGHT - y(bar.current)}
            />
            <path
              class="outline-reference"
              d={`M${i * width} ${y(bar.reference)}H${(i + 1) * width}`}
              vector-effect="non-scaling-stroke"
            />
          </g>
        ))}
      </svg>
      <HistogramAxis bars={bars} />
      <p class="histogram-most">{formatShare(most)}</p>
    </figure>
  );
}

/** About six labels, at the edges they belong to. */
function HistogramAxis({ bars }: { readonly bars: readonly BarAnswer[] }) {
  const single = bars.every((bar) => bar.from !== null && bar.from === bar.to);
  const every = Math.max(1, Math.ceil(bars.length / (single ? 12 : 6)));
  return (
    <figcaption aria-hidden="true">
      {bars.map((bar, i) => {
        if (i % every !== 0 || bar.from === null) return null;
        const at = single ? i + 0.5 : i;
        return (
          <span
            key={bar.label}
            class={single ? "tick centred" : "tick"}
            style={{ left: `${(at / bars.length) * 100}%` }}
          >
            {formatNumber(bar.from)}
          </span>
        );
      })}
    </figcaption>
  );
}

function CategoryBars({ bars }: { readonly bars: readonly BarAnswer[] }) {
  const most = Math.max(...bars.flatMap((bar) => [bar.reference, bar.current]), 1e-12);
  return (
    <table class="category-bars">
      <caption class="sr-only">Shares of categories, reference and current</caption>
      <tbody>
        {bars.map((bar) => (
          <tr key={bar.label} class={bar.note === "" ? "" : `is-${bar.note}`}>
            <th scope="row">
              <bdi class="name">{visibleName(bar.label)}</bdi>
              {bar.note !== "" && <span class={`note note-${bar.note}`}>{bar.note}</span>}
            </th>
            <td class="bars">
              <span class="bar bar-reference" style={{ width: `${(bar.reference / most) * 100}%` }} />
              <span class="bar bar-current" style={{ width: `${(bar.current / most) * 100}%` }} />
            </td>
            <td class="number">
              <span class="unit">{formatShare(bar.reference)} →</span> {formatShare(bar.current)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function SideTable({
  reference,
  current,
}: {
  readonly reference: SideAnswer | null;
  readonly current: SideAnswer;
}) {
  const rows: readonly (readonly [string, (side: SideAnswer) => string])[] = [
    ["records", (side) => formatExact(side.recordCount)],
    ["windows", (side) => `${side.windowCount}`],
    ["null", (side) => formatShare(side.nullShare)],
    ["field missing", (side) => formatShare(side.missingShare)],
    ["distinct", (side) => formatNumber(side.distinctCount)],
    ["mean", (side) => formatNumber(side.mean)],
    ["std. deviation", (side) => formatNumber(side.deviation)],
    ["minimum", (side) => formatNumber(side.min)],
    ["5 %", (side) => formatNumber(side.p05)],
    ["median", (side) => formatNumber(side.p50)],
    ["95 %", (side) => formatNumber(side.p95)],
    ["maximum", (side) => formatNumber(side.max)],
  ];
  const told = rows.filter(([, of]) => of(current) !== "–" || (reference !== null && of(reference) !== "–"));
  return (
    <table class="sides">
      <thead>
        <tr>
          <th />
          <th
            scope="col"
            title={
              reference === null
                ? ""
                : `from ${formatMoment(reference.sinceMs)}, over ${formatAge(reference.untilMs - reference.sinceMs)}`
            }
          >
            Reference
          </th>
          <th scope="col">Current</th>
        </tr>
      </thead>
      <tbody>
        {told.map(([label, of]) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td class="number">{reference === null ? "–" : of(reference)}</td>
            <td class="number">{of(current)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
