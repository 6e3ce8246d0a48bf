/**
 * Faults that hurt real models, each told as the incident it was.
 *
 * They were written from accounts of such incidents before any detector or harness of this project was read, and are not tuned
 * since: a fault that nothing finds stays in the table, with the reason. Each changes the rows of one window; `share` is the part of
 * the rows (of the hosts, clients or shards) that has the fault.
 */
import type { Random } from "../../src/base/random.ts";
import { gaussian, type Row, type Value } from "./serving-log.ts";

/** What an incident may draw on: its own randomness, and the healthy rows of the same window a day before. */
export interface IncidentContext {
  readonly random: Random;
  readonly share: number;
  readonly yesterday: readonly Row[];
}

export interface Incident {
  readonly name: string;
  /** What happened, in the words of the person who was paged. */
  readonly story: string;
  /** Features that changed; empty where no single feature's distribution did. */
  readonly features: readonly string[];
  /** True where rows are lost or added: the lane's record count is what changed, or changed as well. */
  readonly movesRows?: true;
  /** Why no summary by feature can see it, where that is so. */
  readonly invisible?: string;
  readonly apply: (rows: readonly Row[], context: IncidentContext) => Row[];
}

export const INCIDENTS: readonly Incident[] = [
  {
    name: "unit-change",
    story: "clients after an update send the session's length in milliseconds",
    features: ["session_s"],
    apply: each((row) => ({ ...row, session_s: Math.round((row.session_s as number) * 1000) })),
  },
  {
    name: "fahrenheit",
    story: "a new weather provider reports degrees Fahrenheit",
    features: ["temperature_c"],
    apply: number("temperature_c", (t) => Number((t * 1.8 + 32).toFixed(1))),
  },
  {
    name: "currency-change",
    story: "prices arrive in euro instead of dollars, 8 % lower",
    features: ["price"],
    apply: number("price", (price) => Number((price * 0.92).toFixed(2))),
  },
  {
    name: "decimal-comma",
    story: "a parser that expects a decimal point reads 12,50 as 1250 for German and French records",
    features: ["price"],
    apply: each((row) =>
      row.country === "DE" || row.country === "FR"
        ? { ...row, price: Math.round((row.price as number) * 100) }
        : row,
    ),
  },
  {
    name: "timezone-shift",
    story: "a host's local time zone is set to UTC: hour_local is the hour in Greenwich",
    features: ["hour_local"],
    apply: each((row, { utcHour }) => ({ ...row, hour_local: utcHour })),
  },
  {
    name: "daylight-saving",
    story: "the zone table is a year old: hour_local is an hour behind",
    features: ["hour_local"],
    apply: number("hour_local", (hour) => (hour + 23) % 24),
  },
  {
    name: "stale-cache-constant",
    story: "the cache answers every user with one entry's click rate",
    features: ["ctr_7d"],
    apply: each((row, { first }) => ({ ...row, ctr_7d: first.ctr_7d! })),
  },
  {
    name: "stale-cache-table",
    story: "the feature store serves yesterday's table: the level of yesterday's market",
    features: ["trend_score"],
    apply: fromYesterday("trend_score"),
  },
  {
    name: "feature-lag",
    story: "the daily job ran before its input: clicks of the last week lack their last day",
    features: ["clicks_7d"],
    apply: number("clicks_7d", (clicks) => Math.floor((clicks * 6) / 7)),
  },
  {
    name: "default-mismatch",
    story: "training fills a missing age with null, serving with -1",
    features: ["age"],
    apply: each((row) => (row.age === null ? { ...row, age: -1 } : row)),
  },
  {
    name: "mean-imputed",
    story: "a well-meant change fills a missing age with the mean, 34",
    features: ["age"],
    apply: each((row) => (row.age === null ? { ...row, age: 34 } : row)),
  },
  {
    name: "null-to-zero",
    story: "a cast turns null into 0: users never seen look as if seen today",
    features: ["days_since_seen"],
    apply: each((row) => (row.days_since_seen === null ? { ...row, days_since_seen: 0 } : row)),
  },
  {
    name: "join-miss",
    story: "the dimension table was rebuilt with another key: the segment is 'unknown'",
    features: ["segment"],
    apply: each((row) => ({ ...row, segment: "unknown" })),
  },
  {
    name: "duplicate-join",
    story: "a key that is no longer unique upstream: each row of an affected user comes five times",
    movesRows: true,
    features: ["event_id"],
    apply: (rows, { random, share }) =>
      rows.flatMap((row) => (random() < share ? Array.from({ length: 5 }, () => row) : [row])),
  },
  {
    name: "encoding-break",
    story: "UTF-8 is read as Latin-1: São Paulo is SÃ£o Paulo",
    features: ["city"],
    apply: text("city", (city) => Buffer.from(city, "utf8").toString("latin1")),
  },
  {
    name: "truncated-text",
    story: "a column became VARCHAR(8)",
    features: ["city"],
    apply: text("city", (city) => city.slice(0, 8)),
  },
  {
    name: "lower-case",
    story: "a rewrite of the collector lower-cases country codes",
    features: ["country"],
    apply: text("country", (country) => country.toLowerCase()),
  },
  {
    name: "trailing-space",
    story: "an export from a mainframe pads names with blanks",
    features: ["device"],
    apply: text("device", (device) => `${device}  `),
  },
  {
    name: "swapped-columns",
    story: "a list of column names in another order: price and list_price change places",
    features: ["price", "list_price"],
    apply: swap("price", "list_price"),
  },
  {
    name: "swapped-counts",
    story: "clicks of 7 and of 30 days change places",
    features: ["clicks_7d", "clicks_30d"],
    apply: swap("clicks_7d", "clicks_30d"),
  },
  {
    name: "category-off-by-one",
    story: "codes counted from 0 by one side and from 1 by the other",
    features: ["category_code"],
    apply: number("category_code", (code) => code - 1),
  },
  {
    name: "category-remapped",
    story: "the label encoder was fitted anew: every code means something else",
    features: ["category_code"],
    apply: number("category_code", (code) => ((code * 17) % 41) + 0),
  },
  {
    name: "sensor-saturation",
    story: "the sensor reads at most 22.0 degrees",
    features: ["temperature_c"],
    apply: number("temperature_c", (t) => Math.min(t, 22)),
  },
  {
    name: "stuck-sensor",
    story: "the sensor repeats its last reading",
    features: ["temperature_c"],
    apply: each((row, { first }) => ({ ...row, temperature_c: first.temperature_c! })),
  },
  {
    name: "cohort-outage",
    story: "the iOS client's events do not arrive",
    movesRows: true,
    features: ["device"],
    apply: (rows, { random, share }) => rows.filter((row) => row.device !== "ios" || random() >= share),
  },
  {
    name: "cohort-nulls",
    story: "Android's new release does not send the session's length",
    features: ["session_s"],
    apply: each((row) => (row.device === "android" ? { ...row, session_s: null } : row)),
  },
  {
    name: "text-cast",
    story: "a CSV step in between turns the price into text",
    features: ["price"],
    apply: each((row) => ({ ...row, price: String(row.price) })),
  },
  {
    name: "integer-cast",
    story: "a column became INTEGER: balances lose their cents",
    features: ["balance"],
    apply: number("balance", (balance) => Math.trunc(balance)),
  },
  {
    name: "rounding",
    story: "click rates are rounded to two decimals",
    features: ["ctr_7d"],
    apply: number("ctr_7d", (ctr) => Number(ctr.toFixed(2))),
  },
  {
    name: "clipped-tail",
    story: "a new time-out cuts sessions at 300 seconds",
    features: ["session_s"],
    apply: number("session_s", (seconds) => Math.min(seconds, 300)),
  },
  {
    name: "dropped-tail",
    story: "rows with a price above 80 are filtered out as outliers",
    movesRows: true,
    features: ["list_price"],
    apply: (rows, { random, share }) =>
      rows.filter((row) => (row.list_price as number) < 80 || random() >= share),
  },
  {
    name: "sign-flip",
    story: "the ledger changed sides: a debit is positive",
    features: ["balance"],
    apply: number("balance", (balance) => -balance),
  },
  {
    name: "log-twice",
    story: "a transformation runs in the feature store and in the client",
    features: ["session_s"],
    apply: number("session_s", (seconds) => Number(Math.log1p(seconds).toFixed(3))),
  },
  {
    name: "wrong-normaliser",
    story: "serving scales with last quarter's mean and deviation",
    features: ["score_z"],
    apply: number("score_z", (z) => Number((z * 1.15 + 0.2).toFixed(5))),
  },
  {
    name: "noise",
    story: "privacy noise meant for an export is left on in serving",
    features: ["score_z"],
    apply: each((row, { random }) => ({
      ...row,
      score_z: Number(((row.score_z as number) + 0.8 * gaussian(random)).toFixed(5)),
    })),
  },
  {
    name: "nan-text",
    story: "a division by zero is written as the text NaN",
    features: ["ctr_7d"],
    apply: each((row) => ((row.clicks_7d as number) < 2 ? { ...row, ctr_7d: "NaN" } : row)),
  },
  {
    name: "flag-inverted",
    story: "is_premium became is_free and the sense of the flag was not turned",
    features: ["is_premium"],
    apply: each((row) => ({ ...row, is_premium: !row.is_premium })),
  },
  {
    name: "id-precision",
    story: "an id passes through a double: its last digits are zeros",
    features: ["event_id"],
    apply: text("event_id", (id) => Number(id).toPrecision(7)),
  },
  {
    name: "load-test-traffic",
    story: "a load test's one synthetic user is in the stream",
    movesRows: true,
    features: ["user_id", "price", "balance"],
    apply: (rows, { random, share }) =>
      rows.flatMap((row) => (random() < share ? [row, { ...rows[0]!, user_id: "loadtest-1" }] : [row])),
  },
  {
    name: "sampling-bias",
    story: "a sampler keeps users by activity, not by chance: two thirds of the quiet ones are gone",
    movesRows: true,
    features: ["clicks_7d", "clicks_30d"],
    apply: (rows, { random, share }) =>
      rows.filter((row) => (row.clicks_30d as number) > 10 || random() >= share * 0.67),
  },
  {
    name: "new-enum",
    story: "a new device reports a name that no model was trained on",
    features: ["device"],
    apply: each((row, { random }) => (random() < 0.1 ? { ...row, device: "headset" } : row)),
  },
  {
    name: "label-leak",
    story: "a backfill computed the weekly clicks with the week after: they hold the outcome",
    features: ["clicks_7d"],
    apply: each((row, { random }) => ({
      ...row,
      clicks_7d: (row.clicks_7d as number) + (random() < 0.25 ? 1 : 0),
    })),
  },
  {
    name: "shuffled-join",
    story: "rows are joined by position after one side was sorted: each price belongs to another user",
    features: [],
    invisible:
      "every feature keeps its values and their shares; only their pairing within a row is lost, and no summary by feature holds pairs",
    apply: (rows, { random, share }) => {
      const chosen = rows.map((_, i) => i).filter(() => random() < share);
      const result = rows.map((row) => ({ ...row }));
      chosen.forEach((at, i) => {
        result[at]!.price = rows[chosen[(i + 1) % chosen.length]!]!.price!;
      });
      return result;
    },
  },
  {
    name: "replayed-day",
    story: "yesterday's file is sent again beside today's",
    movesRows: true,
    features: [],
    apply: (rows, { random, share, yesterday }) => [...rows, ...yesterday.filter(() => random() < share)],
  },
];

interface RowContext {
  readonly random: Random;
  /** The first row of the window, as a cache that answers everyone alike would hold. */
  readonly first: Row;
  readonly utcHour: number;
}

/** Applies `change` to the affected share of the rows. */
function each(change: (row: Row, context: RowContext) => Row): Incident["apply"] {
  return (rows, { random, share }) => {
    const first = rows[0] ?? {};
    // London keeps Greenwich's hour in this table.
    const utcHour = (rows.find((row) => row.country === "GB")?.hour_local ?? 0) as number;
    return rows.map((row) => (random() < share ? change(row, { random, first, utcHour }) : row));
  };
}

function number(feature: string, change: (value: number) => number): Incident["apply"] {
  return each((row) =>
    typeof row[feature] === "number" ? { ...row, [feature]: change(row[feature]) } : row,
  );
}

function text(feature: string, change: (value: string) => string): Incident["apply"] {
  return each((row) =>
    typeof row[feature] === "string" ? { ...row, [feature]: change(row[feature]) } : row,
  );
}

function swap(a: string, b: string): Incident["apply"] {
  return each((row) => ({ ...row, [a]: row[b] as Value, [b]: row[a] as Value }));
}

function fromYesterday(feature: string): Incident["apply"] {
  return (rows, { random, share, yesterday }) =>
    rows.map((row) => {
      const other = yesterday[Math.floor(random() * yesterday.length)];
      return other !== undefined && random() < share ? { ...row, [feature]: other[feature] as Value } : row;
    });
}
