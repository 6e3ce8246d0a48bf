/**
 * Every statistic of every case that SciPy answered, on the raw samples: sums to 1e-9, p-values to 1e-6.
 * The file lists its cases and fields; a field that no line below checks makes the run fail.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { categoriesOf, numbersOf, type SampleSpec } from "../../test/data/statistics/samples.ts";
import { categoryTable, shareUnmatched } from "./category-counts.ts";
import { cdfGap } from "./cdf-gap.ts";
import * as contingency from "./contingency.ts";
import { cramerVonMises } from "./cramer-von-mises.ts";
import { divergences, entropyBits } from "./divergences.ts";
import { effectiveSize, logLimitTail, logStephensTail } from "./kolmogorov.ts";
import { logExactTail, wholeEffectiveSize } from "./kolmogorov-exact.ts";
import { logFiniteTail } from "./kolmogorov-finite.ts";
import { meanShift, welchTest } from "./mean-shift.ts";
import { type Moments, momentsOf } from "./moments.ts";
import { binCounts, quantileEdges } from "./quantile-edges.ts";
import { andersonDarling, andersonDarlingP, mannWhitney } from "./rank-tests.ts";
import { countOf, type Steps, stepsOf } from "./steps.ts";
import { energyDistance, wasserstein1 } from "./transport.ts";

type Answers = { readonly [field: string]: unknown };
interface Case {
  readonly name: string;
  readonly kind: "numeric" | "categorical";
  readonly reference: SampleSpec;
  readonly current: SampleSpec;
  readonly expected: Answers;
}

const file = new URL("../../test/data/statistics/stat_oracle.json", import.meta.url);
const cases = (JSON.parse(readFileSync(file, "utf8")) as { cases: Case[] }).cases;

test("the file holds the 114 cases", () => expect(cases).toHaveLength(114));

describe.each(["numeric", "categorical"] as const)("%s", (kind) => {
  const answer = kind === "numeric" ? numericAnswers : categoricalAnswers;
  const named = cases.filter((c) => c.kind === kind).map((c, i) => [`${i}: ${c.name}`, c] as const);
  test.each(named)("%s", (_name, { reference, current, expected }) => {
    expect(differences(expected, answer(reference, current), "")).toEqual([]);
  });
});

/** SciPy caps this one, cuts its series at terms of 1e-7, or says 0 where the p is below its resolution. */
const ABSOLUTE: Readonly<Record<string, number>> = { ".cramer_von_mises.p_asymp": 2e-7 };

/** Everything in which `answers` differs from SciPy, one line each. */
function differences(expected: Answers, answers: Answers, path: string): string[] {
  return Object.entries(expected).flatMap(([field, want]) => {
    const at = `${path}.${field}`;
    const got = answers[field];
    if (got === undefined) return [`${at} is not computed`];
    if (Array.isArray(want))
      return want.flatMap((value, i) => numberDiffers(value, (got as number[])[i]!, at));
    if (want !== null && typeof want === "object") return differences(want as Answers, got as Answers, at);
    return numberDiffers(want as number | null, got as number, at);
  });
}

function numberDiffers(want: number | "Infinity" | null, got: number, at: string): string[] {
  // SciPy has no answer (null) where the statistic is not defined, or too slow for it (the energy distance).
  if (want === null) return at !== ".energy_distance" && Number.isFinite(got) ? [`${at} is ${got}`] : [];
  const relative = /(\.|_)p(_|$)/.test(at) ? 1e-6 : 1e-9;
  // Below 1e-300 doubles lose their digits; our own answers are logarithms, which do not.
  const tolerance = Math.max(relative * Math.abs(Number(want)), ABSOLUTE[at] ?? 1e-300);
  return got === Number(want) || Math.abs(got - Number(want)) <= tolerance
    ? []
    : [`${at} is ${got}, SciPy says ${want}`];
}

function numericAnswers(reference: SampleSpec, current: SampleSpec): Answers {
  const samples = [numbersOf(reference), numbersOf(current)] as const;
  const [left, right] = [stepsOf(samples[0]), stepsOf(samples[1])];
  const [momentsLeft, momentsRight] = [momentsOf(samples[0]), momentsOf(samples[1])];
  const rank = mannWhitney(left, right);
  const mises = cramerVonMises(left, right);
  const welch = welchTest(momentsLeft, momentsRight);
  const effect = meanShift(momentsLeft, momentsRight);
  const distance = wasserstein1(left, right);
  const anderson = andersonDarling([left, right]);
  return {
    n_ref: countOf(left),
    n_cur: countOf(right),
    ks: ksAnswers(left, right),
    wasserstein1: distance,
    energy_distance: energyDistance(left, right),
    wasserstein1_over_ref_sd: distance / (Math.sqrt(momentsLeft.variancePopulation) || Number.NaN),
    bins10: binAnswers(left, right, 10),
    bins20: binAnswers(left, right, 20),
    anderson_darling_midrank: {
      statistic_normalised: anderson,
      p_scipy_capped: andersonDarlingP(anderson, 2),
    },
    cramer_von_mises: { statistic: mises.statistic, p_asymp: Math.exp(mises.logP) },
    mann_whitney: {
      U_cur: rank.u,
      p_two_sided: Math.exp(rank.logP),
      rank_biserial: rank.rankBiserial,
      prob_superiority: rank.superiority,
    },
    welch_t: { t: welch.t, df: welch.degrees, p: Math.exp(welch.logP) },
    moments_ref: momentAnswers(momentsLeft),
    moments_cur: momentAnswers(momentsRight),
    effect: {
      mean_difference: effect.difference,
      cohens_d: effect.cohensD,
      glass_delta: effect.glassDelta,
      sd_ratio: effect.deviationRatio,
    },
  };
}

function ksAnswers(left: Steps, right: Steps): Answers {
  const { gap, sign, location } = cdfGap(left, right);
  const [n, m] = [countOf(left), countOf(right)];
  return {
    D: gap,
    sign,
    location,
    p_asymp: Math.exp(logFiniteTail(gap, wholeEffectiveSize(n, m))),
    p_exact: Math.exp(logExactTail(gap, n, m)),
    p_kolmogorov_limit: Math.exp(logLimitTail(gap, effectiveSize(n, m))),
    p_stephens: Math.exp(logStephensTail(gap, effectiveSize(n, m))),
  };
}

function binAnswers(left: Steps, right: Steps, binCount: number): Answers {
  const edges = quantileEdges(left, binCount);
  const [reference, current] = [binCounts(left, edges), binCounts(right, edges)];
  return { edges, ref_counts: reference, cur_counts: current, ...tableAnswers(reference, current) };
}

function tableAnswers(reference: readonly number[], current: readonly number[]): Answers {
  const measured = divergences(reference, current);
  const [chiSquare, g] = [
    contingency.chiSquareTest(reference, current),
    contingency.gTest(reference, current),
  ];
  return {
    psi: measured.psi,
    kl_ref_cur: measured.klReferenceCurrent,
    kl_cur_ref: measured.klCurrentReference,
    js_distance_base2: measured.jensenShannonDistance,
    js_divergence_base2: measured.jensenShannonDivergence,
    hellinger: measured.hellinger,
    total_variation: measured.totalVariation,
    linf: measured.largestDifference,
    chi2: chiSquare.statistic,
    chi2_df: chiSquare.degrees,
    chi2_p: Math.exp(chiSquare.logP),
    g: g.statistic,
    g_p: Math.exp(g.logP),
  };
}

function categoricalAnswers(referenceSpec: SampleSpec, currentSpec: SampleSpec): Answers {
  const { names, reference, current } = categoryTable(categoriesOf(referenceSpec), categoriesOf(currentSpec));
  const fit = contingency.goodnessOfFit(reference, current);
  return {
    ...tableAnswers(reference, current),
    n_ref: reference.reduce((sum, count) => sum + count, 0),
    n_cur: current.reduce((sum, count) => sum + count, 0),
    categories: names.length,
    entropy_ref_bits: entropyBits(reference),
    entropy_cur_bits: entropyBits(current),
    new_category_fraction: shareUnmatched(current, reference),
    vanished_category_fraction: shareUnmatched(reference, current),
    cramers_v: contingency.cramersV(reference, current),
    cramers_v_bias_corrected: contingency.cramersVCorrected(reference, current),
    cohens_w_vs_ref: contingency.cohensW(reference, current),
    min_expected: contingency.expectedMin(reference, current),
    gof_chi2: fit.statistic,
    gof_p: Math.exp(fit.logP),
  };
}

function momentAnswers(moments: Moments): Answers {
  return {
    n: moments.count,
    sum: moments.sum,
    mean: moments.mean,
    var_sample: moments.varianceSample,
    var_population: moments.variancePopulation,
    skew_population: moments.skewness,
    kurtosis_excess_population: moments.kurtosisExcess,
    min: moments.min,
    max: moments.max,
  };
}
