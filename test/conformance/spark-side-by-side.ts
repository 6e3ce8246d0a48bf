/**
 * Spark's profile records beside the rows that they were made of: the same counts, sketches within their bounds,
 * and the same verdicts. Run on the committed records (unit) and on those that the job has just made (engines).
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import { expect, test } from "vitest";
import type { DistributionDetector, DistributionSnapshot } from "../../detectors/contract.ts";
import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";
import { cdfGap } from "../../detectors/lib/cdf-gap.ts";
import { ProfileArena } from "../../src/sketch/arena.ts";
import { mergeProfiles } from "../../src/sketch/merge.ts";
import type { Profile } from "../../src/sketch/profile.ts";
import { profileFromRecord } from "../../src/sketch/profile-record.ts";
import { snapshotOf } from "../../src/sketch/snapshot.ts";
import { CONTEXT } from "./detector-windows.ts";

const DAY_MS = 86_400_000;
const ROWS = new URL("../data/spark/flights-week1.csv.gz", import.meta.url);
const NUMBERS = ["dep_delay", "arr_delay", "air_time", "distance", "sched_dep_time"];
const FEATURES = ["dest", "carrier", ...NUMBERS];

/**
 * Of the least significance with which rows are anomalous. Spark's sketches draw lots at every run, so what lies just
 * below the limit may come out above it; what is clearly below never may.
 */
const NEARLY = 0.8;

interface SparkRecord {
  readonly ts: number;
  readonly swimlane: string;
  readonly record_count: number;
  readonly profiles: Readonly<Record<string, unknown>>;
}

/** One lane's day: how many rows, and a profile for each feature. */
interface Day {
  readonly rowCount: number;
  readonly profiles: ReadonlyMap<string, Profile>;
}
type Days = ReadonlyMap<string, Day>;

/**
 * @param text of the job's output, one record a line
 * @param kept "all": the sketches held every value, so everything must be equal; "some": they estimate, so that ranks
 *   lie within their bounds, and a verdict may turn to "ok", but to "anomalous" only where the rows nearly were.
 */
export function sparkLaws(text: () => string, kept: "all" | "some"): void {
  const fromRows = daysOfRows();
  const fromSpark = daysOfRecords(() => text());

  test("every lane's day has as many rows in Spark's records as there are", () => {
    const counts = (days: Days) => [...days].map(([key, day]) => [key, day.rowCount]).sort();
    expect(counts(fromSpark())).toEqual(counts(fromRows));
    expect([...fromRows.values()].reduce((sum, day) => sum + day.rowCount, 0)).toBe(6099);
  });

  test.each(FEATURES)("%s: every count is the same, moments to rounding, categories by name", (feature) => {
    for (const [key, day] of fromRows) {
      const [rows, spark] = [day.profiles.get(feature)!, fromSpark().get(key)!.profiles.get(feature)!];
      expect(countsOf(spark), key).toEqual(countsOf(rows));
      for (const name of ["mean", "m2", "m3", "m4"] as const) {
        if (Number.isNaN(rows[name])) expect(spark[name], `${key} ${name}`).toBeNaN();
        else
          expect(Math.abs(spark[name] - rows[name]), `${key} ${name}`).toBeLessThanOrEqual(
            1e-9 * Math.abs(rows[name]),
          );
      }
      const named = (profile: Profile) =>
        Object.fromEntries(snapshotOf(profile, 0).categories.map((c) => [c.name, c.count]));
      expect(named(spark), key).toEqual(named(rows));
    }
  });

  test.each(NUMBERS)("%s: ranks differ by no more than the sketches say", (feature) => {
    let estimated = 0;
    for (const [key, day] of fromRows) {
      const spark = snapshotOf(fromSpark().get(key)!.profiles.get(feature)!, day.rowCount);
      const rows = snapshotOf(day.profiles.get(feature)!, day.rowCount);
      expect(rows.rankErrorMax, "a day's rows are all kept").toBe(0);
      expect(cdfGap(rows, spark).gap, key).toBeLessThanOrEqual(spark.rankErrorMax);
      if (spark.rankErrorMax > 0) estimated++;
    }
    if (kept === "all") expect(estimated).toBe(0);
    else expect(estimated).toBeGreaterThan(10);
  });

  const detectors = BUILT_IN_DETECTORS.filter(
    (detector): detector is DistributionDetector => detector.input === "distribution",
  );
  const promise = kept === "all" ? "gives the same verdicts" : "is anomalous only where the rows nearly are";
  test.each(detectors.map((d) => [d.name, d] as const))(
    `%s ${promise}, against each lane's past`,
    (_name, detector) => {
      const [rows, spark] = [judgeAll(detector, fromRows), judgeAll(detector, fromSpark())];
      expect(rows.length).toBeGreaterThan(50);
      const answers = (judged: typeof rows) => judged.map(({ name, answer }) => `${name}: ${answer}`);
      if (kept === "all") return expect(answers(spark)).toEqual(answers(rows));
      const isAnomalous = ({ answer }: { answer: string }) => answer === "anomalous";
      const there = rows.filter(isAnomalous);
      const limit = Math.min(...there.map(({ significance }) => significance));
      const nearly = rows.filter(({ significance }) => significance >= NEARLY * limit);
      const names = (judged: typeof rows) => judged.map(({ name }) => name);
      const found = spark.filter(isAnomalous);
      expect(names(nearly)).toEqual(expect.arrayContaining(names(found)));
      expect(found.length, "and most are still found").toBeGreaterThanOrEqual(there.length / 2);
    },
  );
}

/** The last three days of each lane, held to the first four of its own and of every other lane. */
function judgeAll(detector: DistributionDetector, days: Days) {
  const lanes = [...new Set([...days.keys()].map((key) => key.split(" ")[0]!))].sort();
  const starts = [...new Set([...days.keys()].map((key) => key.split(" ")[1]!))].sort();
  const memory = detector.start(CONTEXT, detector.defaults);
  return lanes.flatMap((lane) =>
    lanes.flatMap((other) =>
      FEATURES.filter((feature) =>
        detector.featureKinds.includes(NUMBERS.includes(feature) ? "numeric" : "category"),
      ).flatMap((feature) => {
        const past = starts.slice(0, 4).map((start) => days.get(`${other} ${start}`)!);
        const merged = mergeProfiles(
          past.map((day) => day.profiles.get(feature)!),
          1,
        );
        const snapshot = snapshotOf(
          merged,
          past.reduce((sum, day) => sum + day.rowCount, 0),
        );
        return starts.slice(4).map((start) => {
          const day = days.get(`${lane} ${start}`)!;
          const current: DistributionSnapshot = snapshotOf(day.profiles.get(feature)!, day.rowCount);
          const reference = { name: `lane:${other}`, snapshot, windowCount: 4 };
          const verdict = detector.judge(reference, current, memory, CONTEXT, detector.defaults);
          const name = `${lane} ${start} against ${other} ${feature}`;
          return { name, answer: verdict.answer, significance: verdict.significance };
        });
      }),
    ),
  );
}

function countsOf(profile: Profile) {
  const { presentCount, nullCount, nullElementCount, numberCount, stringCount, booleanCount } = profile;
  const {
    nonFiniteCount,
    nanCount,
    positiveInfinityCount,
    negativeInfinityCount,
    zeroCount,
    emptyCount,
    min,
    max,
  } = profile;
  const types = {
    presentCount,
    nullCount,
    nullElementCount,
    numberCount,
    stringCount,
    booleanCount,
    emptyCount,
  };
  return {
    ...types,
    nonFiniteCount,
    nanCount,
    positiveInfinityCount,
    negativeInfinityCount,
    zeroCount,
    min,
    max,
  };
}

/** Folded row by row, as ingest does. */
function daysOfRows(): Days {
  const rows = parse(gunzipSync(readFileSync(ROWS)), { columns: true }) as Record<string, string>[];
  const arena = new ProfileArena();
  const open = new Map<string, { rowCount: number; series: Map<string, number> }>();
  for (const row of rows) {
    const startMs = Math.floor(Date.parse(`${row["t"]!.replace(" ", "T")}Z`) / DAY_MS) * DAY_MS;
    const key = `${row["origin"]} ${startMs}`;
    const day = open.get(key) ?? {
      rowCount: 0,
      series: new Map(FEATURES.map((name, i) => [name, arena.open(i)])),
    };
    open.set(key, day);
    day.rowCount++;
    for (const [feature, series] of day.series) {
      const text = row[feature]!;
      if (text === "") arena.addNull(series);
      else if (NUMBERS.includes(feature)) arena.addNumber(series, Number(text));
      else arena.addString(series, text);
    }
  }
  const sealed = (series: ReadonlyMap<string, number>) =>
    new Map([...series].map(([name, handle]) => [name, arena.seal(handle)]));
  return new Map(
    [...open].map(([key, day]) => [key, { rowCount: day.rowCount, profiles: sealed(day.series) }]),
  );
}

/** Read once, when the first test asks: the engines' job has not run when the file is loaded. */
function daysOfRecords(text: () => string): () => Days {
  let days: Days | undefined;
  return () => {
    days ??= new Map(
      text()
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as SparkRecord)
        .map(({ ts, swimlane, record_count: rowCount, profiles }) => [
          `${swimlane} ${ts}`,
          {
            rowCount,
            profiles: new Map(
              Object.entries(profiles).map(([name, json]) => [name, profileFromRecord(json)]),
            ),
          },
        ]),
    );
    return days;
  };
}
