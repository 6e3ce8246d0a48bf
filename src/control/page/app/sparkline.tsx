import type { Maybe } from "../../wire.ts";

const WIDTH = 120;
const HEIGHT = 28;

/** Records by window, from zero up: a drop to nothing must look like one. Gaps stay gaps. */
export function Sparkline({ counts, label }: { readonly counts: readonly Maybe[]; readonly label: string }) {
  const most = Math.max(1, ...counts.map((count) => count ?? 0));
  const step = WIDTH / Math.max(1, counts.length - 1);
  const y = (count: number) => HEIGHT - 2 - (count / most) * (HEIGHT - 4);
  const { line, area } = paths(counts, step, y);
  const last = counts.at(-1);
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={label}
      preserveAspectRatio="none"
    >
      <path class="spark-area" d={area} />
      <path class="spark-line" d={line} vector-effect="non-scaling-stroke" />
      {last !== null && last !== undefined && counts.length === 1 && (
        <circle cx={WIDTH / 2} cy={y(last)} r="2" />
      )}
    </svg>
  );
}

function paths(
  counts: readonly Maybe[],
  step: number,
  y: (count: number) => number,
): { line: string; area: string } {
  let line = "";
  let area = "";
  let from = -1;
  for (let i = 0; i <= counts.length; i++) {
    const count = counts[i] ?? null;
    if (count === null) {
      if (from >= 0)
        area += `L${((i - 1) * step).toFixed(1)} ${HEIGHT}L${(from * step).toFixed(1)} ${HEIGHT}Z`;
      from = -1;
      continue;
    }
    const at = `${(i * step).toFixed(1)} ${y(count).toFixed(1)}`;
    line += `${from < 0 ? "M" : "L"}${at}`;
    area += `${from < 0 ? "M" : "L"}${at}`;
    if (from < 0) from = i;
  }
  return { line, area };
}
