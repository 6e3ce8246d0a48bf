/**
 * Schema: values of a type that the feature never had.
 *
 * One string in a column of numbers breaks the next cast, so a single one is a certain sign where the lane never had
 * any. Types that come now and then are learned as a rate. Pure: no clock, no I/O, no randomness.
 */
import type {
  DistributionDetector,
  DistributionSnapshot,
  ExplanationPart,
  Reference,
  Verdict,
} from "../contract.ts";
import { emptyNovelty, learnNovelty, type Novelty, noveltySignificance } from "../lib/novelty.ts";
import { insufficient, judged } from "../lib/verdicts.ts";
import { percent } from "../lib/words.ts";

export interface SchemaOptions {
  /** −log10 p from which it is anomalous in theory; the page budget asks for more. @default 3 */
  readonly significanceMin: number;
}

type JsonType = "number" | "string" | "boolean";
const TYPES: readonly JsonType[] = ["number", "string", "boolean"];

/** How often each type came in accepted windows, as a stranger. */
export type SchemaMemory = Record<JsonType, Novelty>;

/** A stranger where there never was one needs no statistics; each one adds a decade. */
const CERTAIN_SIGNIFICANCE = 5;

export const schema: DistributionDetector<SchemaOptions, SchemaMemory> = {
  input: "distribution",
  name: "schema",
  summary: "Values of another JSON type than the feature has.",
  defaults: { significanceMin: 3 },
  featureKinds: ["numeric", "discrete", "flag", "category", "id"],
  heldTo: "frozen",
  start: () => ({ number: emptyNovelty(), string: emptyNovelty(), boolean: emptyNovelty() }),
  judge: (reference, current, memory, _context, options) => judgeTypes(reference, current, memory, options),
  learn: (reference, current, verdict, memory) => learnTypes(reference, current, verdict, memory),
};

interface Stranger {
  readonly type: JsonType;
  readonly count: number;
  readonly significance: number;
  readonly certain: boolean;
}

function judgeTypes(
  reference: Reference,
  current: DistributionSnapshot,
  memory: SchemaMemory,
  options: SchemaOptions,
): Verdict {
  const values = valuesOf(current);
  const referenceValues = valuesOf(reference.snapshot);
  if (values === 0 || referenceValues === 0) return insufficient("no values");
  const strangers = TYPES.map((type) => strangerOf(type, reference.snapshot, current, memory));
  const worst = strangers.reduce((a, b) => (b.significance > a.significance ? b : a));
  const count = strangers.reduce((sum, stranger) => sum + stranger.count, 0);
  const anomalous = worst.significance >= options.significanceMin;
  return judged(anomalous, {
    statistic: count / values,
    threshold: 0,
    effect: count / values,
    significance: worst.significance,
    sketchError: 0,
    certain: worst.certain,
    selfCalibrated: true,
    summary:
      count === 0
        ? "types as in the reference"
        : `${worst.count} of ${values} values (${percent(worst.count / values)}) are of type ${worst.type}, never so before`,
    parts: anomalous ? partsOf(strangers, values) : [],
  });
}

function partsOf(strangers: readonly Stranger[], values: number): ExplanationPart[] {
  return strangers.map(({ type, count }) => ({
    label: type,
    reference: 0,
    current: count / values,
    contribution: count / values,
  }));
}

/** A type is a stranger where the reference had (almost) none of it. */
function strangerOf(
  type: JsonType,
  reference: DistributionSnapshot,
  current: DistributionSnapshot,
  memory: SchemaMemory,
): Stranger {
  const before = countOfType(reference, type);
  const records = valuesOf(reference);
  const count = before > 0.01 * records ? 0 : countOfType(current, type);
  const certain = count > 0 && before === 0 && memory[type].hits === 0;
  const statistical = noveltySignificance(
    memory[type],
    { hits: before + 0.5, records },
    count,
    valuesOf(current),
  );
  return {
    type,
    count,
    certain,
    significance: certain ? Math.max(statistical, CERTAIN_SIGNIFICANCE + count) : statistical,
  };
}

function learnTypes(
  reference: Reference,
  current: DistributionSnapshot,
  verdict: Verdict,
  memory: SchemaMemory,
): SchemaMemory {
  if (verdict.answer === "insufficient") return memory;
  for (const type of TYPES) {
    const { count } = strangerOf(type, reference.snapshot, current, memory);
    learnNovelty(memory[type], count, valuesOf(current));
  }
  return memory;
}

function countOfType(snapshot: DistributionSnapshot, type: JsonType): number {
  switch (type) {
    case "number":
      return snapshot.numberCount;
    case "string":
      return snapshot.stringCount;
    case "boolean":
      return snapshot.booleanCount;
  }
}

function valuesOf(snapshot: DistributionSnapshot): number {
  return snapshot.numberCount + snapshot.stringCount + snapshot.booleanCount;
}
