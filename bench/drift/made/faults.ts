/** Faults that hurt real models, done to a window's rows. Each names the features that it touches. */
import type { Random } from "../../../src/base/random.ts";
import { normal, type Row, type Value } from "./lanes.ts";

export interface Fault {
  readonly kind: string;
  readonly features: readonly string[];
  /** Share of the records that it should hit for nobody to be able to overlook it. */
  readonly share: number;
  readonly change: (row: Row, random: Random) => void;
}

function on(
  feature: string,
  kind: string,
  share: number,
  change: (value: Value, random: Random) => Value,
): Fault {
  return {
    kind,
    features: [feature],
    share,
    change: (row, random) => {
      row[feature] = change(row[feature]!, random);
    },
  };
}

function times(value: Value, factor: number): Value {
  return typeof value === "number" ? value * factor : value;
}

/** Shares are such that the fault is a certain sign, or some four standard errors at 150 records. */
export const FAULTS: readonly Fault[] = [
  on("amount", "nulls where none were", 0.06, () => null),
  on("device", "nulls where none were", 0.06, () => null),
  on("age", "nulls at twice the rate", 0.2, () => null),
  on("amount", "sentinel beyond the range", 0.05, () => 999_999),
  on("temperature", "sentinel beyond the range", 0.05, () => -999),
  on("latency", "zeros for values", 0.1, () => 0),
  on("age", "default in range", 0.25, () => 40),
  on("amount", "unit: cents for euros", 1, (value) => times(value, 100)),
  on("temperature", "unit: Fahrenheit", 1, (value) => (typeof value === "number" ? value * 1.8 + 32 : value)),
  on("duration", "unit: minutes for seconds", 1, (value) => times(value, 1 / 60)),
  on("clicks", "text for numbers", 0.02, (value) => String(value)),
  on("price", "comma for point", 0.05, (value) => String(value).replace(".", ",")),
  on("country", "unknown name", 0.05, () => "N/A"),
  on("device", "unknown name", 0.05, () => "watch"),
  on("country", "lower case", 0.05, (value) => String(value).toLowerCase()),
  on("country", "trailing blank", 0.05, (value) => `${value} `),
  on("country", "one name for all", 0.5, () => "C0"),
  on("clicks", "fractions in whole numbers", 0.05, (value) => times(value, 1.5)),
  on("duration", "rounded", 0.6, (value) => (typeof value === "number" ? Math.round(value) : value)),
  on("score", "stuck", 0.3, () => 0.5),
  on("score", "clipped", 0.5, (value) => (typeof value === "number" ? Math.min(value, 0.6) : value)),
  on("temperature", "noise", 0.5, (value, random) =>
    typeof value === "number" ? value + 16 * normal(random) : value,
  ),
  on("temperature", "shift of one sd", 1, (value) => (typeof value === "number" ? value + 6 : value)),
  on("amount", "scaled by 1.8", 1, (value) => times(value, 1.8)),
  on("subscribed", "flag inverted", 1, (value) => (typeof value === "number" ? 1 - value : value)),
  on("amount", "negated", 0.05, (value) => times(value, -1)),
  { kind: "gone", features: ["duration"], share: 1, change: (row) => void delete row["duration"] },
  { kind: "swapped", features: ["clicks", "age"], share: 0.3, change: swap("clicks", "age") },
  { kind: "swapped", features: ["amount", "duration"], share: 1, change: swap("amount", "duration") },
  { kind: "swapped", features: ["country", "device"], share: 0.1, change: swap("country", "device") },
];

function swap(a: string, b: string): (row: Row) => void {
  return (row) => {
    const kept = row[a]!;
    row[a] = row[b]!;
    row[b] = kept;
  };
}
