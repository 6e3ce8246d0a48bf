/** What our sketches answer to a folder of reference sketches, in the words of the vectors' check. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { deserializeFrequent } from "../../src/sketch/frequent-format.ts";
import type { FrequentStrings } from "../../src/sketch/frequent-strings.ts";
import type { HllSketch } from "../../src/sketch/hll.ts";
import { deserializeHll } from "../../src/sketch/hll-format.ts";
import type { KllSketch } from "../../src/sketch/kll.ts";
import { deserializeKll } from "../../src/sketch/kll-format.ts";
import { KllView } from "../../src/sketch/kll-view.ts";

/** One reference file, and what it was asked. */
export interface VectorRecord {
  readonly file: string;
  readonly family: string;
  /** Which library wrote it: they differ in one point, which is none of the format's. */
  readonly writer?: "java" | "cpp";
  readonly expected?: Questions & Readonly<Record<string, unknown>>;
}

export interface Questions {
  readonly probe_values?: readonly number[];
  readonly quantile_ranks?: readonly number[];
  readonly split_points?: readonly number[];
}

export type Answers = Record<string, unknown>;

/** Rows of frequent items that the vectors keep. */
const ROWS_MAX = 40;

/** Records of `expected_*.json`; sketches that none of them mentions are taken by their file name. */
export function readVectorRecords(folder: string): VectorRecord[] {
  const names = readdirSync(folder);
  const records: VectorRecord[] = names
    .filter((name) => /^expected.*\.json$/.test(name))
    .flatMap((name) => readExpected(join(folder, name)));
  const known = new Set(records.map((record) => record.file));
  for (const file of names.filter((name) => name.endsWith(".sk") && !known.has(name))) {
    records.push({
      file,
      family: /^hll/.test(file)
        ? "hll"
        : (/^(kll_doubles|kll_floats|frequent_strings)/.exec(file)?.[0] ?? ""),
    });
  }
  return records;
}

function readExpected(path: string): VectorRecord[] {
  const { written_by, records } = JSON.parse(readFileSync(path, "utf8")) as {
    written_by?: string;
    records: VectorRecord[];
  };
  return records.map((record) => ({ ...record, writer: /java/i.test(written_by ?? "") ? "java" : "cpp" }));
}

/** Answers by file name; files of families that we do not have are left out. */
export function answerFolder(folder: string): Record<string, Answers> {
  const answers: Record<string, Answers> = {};
  for (const record of readVectorRecords(folder)) {
    const answer = answerSketch(record, readFileSync(join(folder, record.file)));
    if (answer !== undefined) answers[record.file] = answer;
  }
  return answers;
}

export function answerSketch(record: VectorRecord, bytes: Uint8Array): Answers | undefined {
  const questions = record.expected ?? {};
  switch (record.family) {
    case "kll_doubles":
      return answersOfKll(deserializeKll(bytes, "double", 1), questions);
    case "kll_floats":
      return answersOfKll(deserializeKll(bytes, "float", 1), questions);
    case "hll":
      return answersOfHll(deserializeHll(bytes));
    case "frequent_strings":
      return answersOfFrequent(deserializeFrequent(bytes), record.writer === "java" ? "above" : "below");
    default:
      return undefined;
  }
}

export function answersOfKll(sketch: KllSketch, questions: Questions): Answers {
  const answers: Answers = {
    n: sketch.count,
    empty: sketch.isEmpty,
    num_retained: sketch.retainedCount,
    estimation_mode: sketch.isEstimating,
    normalized_rank_error: sketch.normalizedRankError(false),
    normalized_rank_error_pmf: sketch.normalizedRankError(true),
  };
  if (sketch.isEmpty) return answers;
  const view = new KllView(sketch);
  const kept = new KllView(sketch, "as_kept");
  const rounded = (value: number) => (sketch.precision === "float" ? Math.fround(value) : value);
  const probes = questions.probe_values?.map(rounded);
  const points = questions.split_points?.map(rounded);
  return {
    ...answers,
    min: sketch.min,
    max: sketch.max,
    ...(probes && {
      rank_inclusive: probes.map((value) => view.rank(value, "inclusive")),
      rank_exclusive: probes.map((value) => view.rank(value, "exclusive")),
    }),
    ...(questions.quantile_ranks && {
      quantiles_inclusive: questions.quantile_ranks.map((rank) => view.quantile(rank, "inclusive")),
      quantiles_exclusive: questions.quantile_ranks.map((rank) => view.quantile(rank, "exclusive")),
    }),
    // Only the C++ core was asked for these, and its view has no restored extremes.
    ...(points && { cdf_inclusive: kept.cdf(points), pmf_inclusive: kept.pmf(points) }),
  };
}

export function answersOfHll(sketch: HllSketch): Answers {
  const bounds = ([1, 2, 3] as const).map((deviations) => [deviations, sketch.bounds(deviations)] as const);
  return {
    estimate: sketch.estimate(),
    empty: sketch.isEmpty,
    lower: Object.fromEntries(bounds.map(([deviations, { lower }]) => [deviations, lower])),
    upper: Object.fromEntries(bounds.map(([deviations, { upper }]) => [deviations, upper])),
  };
}

export function answersOfFrequent(sketch: FrequentStrings, ties: "above" | "below" = "below"): Answers {
  const rows = (kind: "no_false_negatives" | "no_false_positives") =>
    sketch
      .frequent(kind, ties)
      .slice(0, ROWS_MAX)
      .map(({ item, estimate, lower, upper }) => [item, estimate, lower, upper]);
  return {
    empty: sketch.isEmpty,
    total_weight: sketch.totalWeight,
    num_active_items: sketch.activeCount,
    maximum_error: sketch.offset,
    epsilon: sketch.epsilon,
    no_false_negatives: rows("no_false_negatives"),
    no_false_positives: rows("no_false_positives"),
  };
}
