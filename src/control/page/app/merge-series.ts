import type { Maybe, SeriesAnswer } from "../../wire.ts";

const COLUMNS = [
  "count",
  "nullShare",
  "mean",
  "p05",
  "p25",
  "p50",
  "p75",
  "p95",
  "expected",
  "lower",
  "upper",
] as const;

/**
 * Puts newer points over older ones. Pure.
 * @param freshSinceMs the newer answer knows everything from here on.
 * @param keepSinceMs points before this have left the screen.
 */
export function mergeSeries(
  before: SeriesAnswer,
  fresh: SeriesAnswer,
  freshSinceMs: number,
  keepSinceMs: number,
): SeriesAnswer {
  const kept = before.startMs.flatMap((startMs, i) =>
    startMs >= keepSinceMs && startMs < freshSinceMs ? [i] : [],
  );
  const column = (of: (series: SeriesAnswer) => readonly Maybe[]) => [
    ...kept.map((i) => of(before)[i] ?? null),
    ...padded(of(fresh), fresh.startMs.length),
  ];
  const columns = Object.fromEntries(
    COLUMNS.map((name) => [
      name,
      before[name].length + fresh[name].length === 0 ? [] : column((series) => series[name]),
    ]),
  ) as unknown as Pick<SeriesAnswer, (typeof COLUMNS)[number]>;
  const categories = categoryNames(before, fresh).map((name) => ({
    name,
    share: column((series) => series.categories.find((category) => category.name === name)?.share ?? []),
  }));
  const marks = [
    ...before.marks.filter((mark) => mark.startMs >= keepSinceMs && mark.startMs < freshSinceMs),
    ...fresh.marks,
  ];
  return {
    feature: before.feature,
    startMs: [...kept.map((i) => before.startMs[i]!), ...fresh.startMs],
    ...columns,
    categories,
    marks,
  };
}

/** Those that were drawn stay in their order, so that no line changes its colour; new ones follow. */
function categoryNames(before: SeriesAnswer, fresh: SeriesAnswer): readonly string[] {
  const limit = Math.max(before.categories.length, fresh.categories.length);
  return [...new Set([...before.categories, ...fresh.categories].map(({ name }) => name))].slice(0, limit);
}

function padded(column: readonly Maybe[], length: number): readonly Maybe[] {
  return column.length === length ? column : Array.from({ length }, (_, i) => column[i] ?? null);
}
