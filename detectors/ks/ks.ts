/**
 * Kolmogorov–Smirnov: could the window's numbers have been drawn from the reference?
 *
 * The statistic D is the widest gap between the two empirical CDFs, ties consumed on both sides. Strong near the
 * median, weak in the tails (use `psi`), blind to nulls and to missing records (use `null-rate`, `volume`).
 * Pure and without memory: a fixed rule that is safe before a lane has history. The audit calibrates on top.
 */
import type { DistributionDetector, DistributionSnapshot, ExplanationPart, Reference } from "../contract.ts";
import { type CdfGap, cdfGap } from "../lib/cdf-gap.ts";
import { effectiveSize, logStephensTail } from "../lib/kolmogorov.ts";
import { binCounts, quantileEdges } from "../lib/quantile-edges.ts";
import { countOf, countUpTo } from "../lib/steps.ts";
import { significanceOf } from "../lib/tails.ts";
import { insufficient, judged, theoryLimit } from "../lib/verdicts.ts";
import { percent, spoken, spokenApart } from "../lib/words.ts";

export interface KsOptions {
  /** Smallest gap that matters, after sampling noise and sketch error are taken off. In [0, 1). @default 0.05 */
  readonly effectMin: number;
  /** Fewest finite numbers on each side; below it the verdict is `insufficient`. @default 20 */
  readonly countMin: number;
}

/** Mean of Kolmogorov's limit law, √(π/2)·ln 2: the gap that chance alone leaves, in units of 1/√size. */
const GAP_BY_CHANCE = 0.8687311606361592;
const PART_BINS = 10;

export const ks: DistributionDetector<KsOptions, null> = {
  input: "distribution",
  name: "ks",
  summary: "Numbers whose distribution moved, by the widest gap between the two CDFs (Kolmogorov–Smirnov)",
  defaults: { effectMin: 0.05, countMin: 20 },
  featureKinds: ["numeric", "discrete", "flag"],
  needsMass: true,
  start: () => null,
  judge(reference, current, _memory, context, options) {
    const counts = [countOf(reference.snapshot), countOf(current)] as const;
    if (Math.min(...counts) < options.countMin) {
      return insufficient(
        `${counts[0]} and ${counts[1]} numbers; ${options.countMin} are needed on each side`,
      );
    }
    const gap = cdfGap(reference.snapshot, current);
    // A lane whose windows differ by themselves is noisier than its row counts say.
    const size = 1 / (1 / effectiveSize(...counts) + (reference.overdispersion?.ranks ?? 0));
    const byChance = GAP_BY_CHANCE / Math.sqrt(size);
    // A sketch may misplace a value by its rank error. Only the gap that neither error can explain is evidence, so
    // the test errs towards silence and never pages because of compression.
    const sketchError = reference.snapshot.rankErrorMax + current.rankErrorMax;
    const significance = significanceOf(logStephensTail(Math.max(0, gap.gap - sketchError), size));
    const threshold = options.effectMin + byChance + sketchError;
    const effect = Math.max(0, gap.gap - sketchError - byChance);
    const anomalous = gap.gap > threshold && significance >= theoryLimit(context);
    return judged(anomalous, {
      statistic: gap.gap,
      threshold,
      effect,
      significance,
      sketchError,
      // Where chance explains all of it there is nothing to explain, and most windows are so: no words are made.
      summary: effect > 0 ? describe(context.feature, gap, reference, current) : "",
      parts: anomalous ? ksParts(gap, reference.snapshot, current) : [],
    });
  },
  learn: (_reference, _current, _verdict, memory) => memory,
};

function describe(feature: string, gap: CdfGap, reference: Reference, current: DistributionSnapshot): string {
  const shares = [current, reference.snapshot].map((side) =>
    percent(countUpTo(side, gap.location) / countOf(side)),
  );
  const direction = gap.sign > 0 ? "larger" : "smaller";
  return (
    `${feature}: values are ${direction} than ${reference.name}: ` +
    `${shares[0]} at or below ${spoken(gap.location)}, was ${shares[1]}`
  );
}

/**
 * D split over the reference's deciles up to where the gap is widest: each part is the share that its bin lost
 * (values became larger) or gained (smaller), and they add up to D. What lies above adds nothing by definition.
 */
export function ksParts(
  gap: CdfGap,
  reference: DistributionSnapshot,
  current: DistributionSnapshot,
): ExplanationPart[] {
  const inner = quantileEdges(reference, PART_BINS).filter((edge) => edge < gap.location);
  const edges = [...inner, gap.location];
  const shares = [reference, current].map((side) =>
    binCounts(side, edges).map((count) => count / countOf(side)),
  );
  const names = spokenApart(edges);
  return shares[0]!.map((share, i) => ({
    label: label(names, i),
    reference: share,
    current: shares[1]![i]!,
    contribution: i < edges.length ? gap.sign * (share - shares[1]![i]!) : 0,
  }));
}

/** `names` are the edges in words. */
function label(names: readonly string[], bin: number): string {
  if (bin === 0) return `≤ ${names[0]}`;
  return bin === names.length ? `> ${names[bin - 1]}` : `${names[bin - 1]} to ${names[bin]}`;
}
