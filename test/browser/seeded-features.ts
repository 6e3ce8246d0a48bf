import type { ExplanationPart, Severity } from "../../detectors/contract.ts";
import type { Random } from "../../src/base/random.ts";

/** Makes one feature's values, and knows the verdict that its fault would get. */
export interface FeatureMaker {
  readonly feature: string;
  readonly kind: "feature" | "metric";
  /** The fault that changes it; "" for none. */
  readonly fault: string;
  readonly make: (faults: readonly string[]) => number | string | boolean | null;
  readonly verdict?: {
    readonly detector: string;
    readonly severity: Severity;
    readonly statistic: number;
    readonly summary: string;
    readonly parts: readonly ExplanationPart[];
  };
}

const COUNTRIES = ["FR", "US", "DE", "BR", "IN", "JP", "GB"];
const DEVICES = ["tv", "phone", "tablet", "web"];

export function featuresOf(random: Random): readonly FeatureMaker[] {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const pick = (names: readonly string[]) => names[Math.floor(random() ** 1.8 * names.length)]!;
  const plain = { kind: "feature", fault: "" } as const;
  return [
    {
      ...plain,
      feature: "watch_time",
      fault: "drift",
      make: (faults) => Math.exp(3 + 0.6 * normal()) * (faults.includes("drift") ? 1.9 : 1),
      verdict: {
        detector: "ks",
        severity: "page",
        statistic: 0.37,
        summary: "the values moved up: the median went from 20.1 to 38.2",
        parts: [
          { label: "below 10", reference: 0.12, current: 0.02, contribution: -0.1 },
          { label: "10 to 30", reference: 0.6, current: 0.33, contribution: -0.05 },
          { label: "30 and more", reference: 0.28, current: 0.65, contribution: 0.52 },
        ],
      },
    },
    {
      ...plain,
      feature: "country",
      fault: "new-category",
      make: (faults) => (faults.includes("new-category") && random() < 0.22 ? "zz" : pick(COUNTRIES)),
      verdict: {
        detector: "categories",
        severity: "warn",
        statistic: 0.22,
        summary: '"zz" was never seen before and now holds 22 % of the values',
        parts: [{ label: "zz", reference: 0, current: 0.22, contribution: 0.22 }],
      },
    },
    {
      ...plain,
      feature: "age",
      fault: "nulls",
      make: (faults) =>
        random() < (faults.includes("nulls") ? 0.41 : 0.02) ? null : Math.round(20 + 40 * random()),
      verdict: {
        detector: "null-rate",
        severity: "warn",
        statistic: 0.39,
        summary: "41 % of the values are null, from 2 %",
        parts: [{ label: "null", reference: 0.02, current: 0.41, contribution: 0.39 }],
      },
    },
    { ...plain, feature: "device", make: () => pick(DEVICES) },
    { ...plain, feature: "is_member", make: () => random() < 0.7 },
    { ...plain, feature: "row_position", make: () => Math.floor(random() ** 2 * 12) },
    { ...plain, feature: "score", make: () => 0.5 + 0.15 * normal() },
    { ...plain, feature: "bytes_sent", make: () => Math.round(Math.exp(12 + 1.6 * normal())) },
    { ...plain, feature: "title/<b>id</b>", make: () => `t${Math.floor(random() * 100_000)}` },
    { ...plain, feature: "constant", make: () => 7 },
    { ...plain, kind: "metric", feature: "job.duration_s", make: () => 30 + 4 * normal() },
  ];
}
