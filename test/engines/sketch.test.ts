/**
 * Our sketches in the hands of the reference libraries (PyPI, Maven Central), and theirs in ours. The libraries are
 * brought up in `.lanewatch/bench/` when first needed.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { jarsOfDatasketches, pythonWithDatasketches } from "../../bench/sketch/rivals/foreign.ts";
import { answerFolder } from "../../bench/sketch/vector-answers.ts";
import { writeVectors } from "../../bench/sketch/vector-files.ts";
import { readBaseline } from "../../src/app/read-baseline.ts";
import { snapshotOf } from "../../src/sketch/snapshot.ts";

const VECTORS = "test/data/vectors";
const CHECK = join(VECTORS, "check");
const folder = mkdtempSync(join(os.tmpdir(), "lanewatch-sketches-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Claims {
  readonly file: string;
  readonly family: string;
  readonly claims: Readonly<Record<string, unknown>>;
}
const sketchCount = writeVectors(folder);
const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as { records: Claims[] };

/** "N passed, N failed, N skipped". */
function check(args: readonly string[]): { passed: number; failed: number; text: string } {
  const text = execFileSync(pythonWithDatasketches(), [join(CHECK, "check_sketches.py"), ...args], {
    encoding: "utf8",
  });
  const [, passed, failed] = /(\d+) passed, (\d+) failed, \d+ skipped\s*$/.exec(text)!;
  return { passed: Number(passed), failed: Number(failed), text };
}

test("the C++ core reads every sketch that we write, and agrees with what we claim of it", () => {
  const { passed, failed, text } = check([folder]);
  expect(failed, text).toBe(0);
  expect(sketchCount).toBeGreaterThan(100);
  expect(passed).toBeGreaterThan(10 * sketchCount);
});

test("our answers to the reference's sketches pass the reference's check", () => {
  const answers = join(folder, "answers.json");
  writeFileSync(answers, JSON.stringify(answerFolder(VECTORS)));
  const { passed, failed, text } = check(["--answers", answers, "--expected", VECTORS]);
  expect(failed, text).toBe(0);
  expect(passed).toBeGreaterThan(500);
});

test("the Java library reads every sketch that we write, and answers as we do", () => {
  const args = ["java.nio", "jdk.internal.misc", "jdk.internal.ref"].map(
    (p) => `--add-opens=java.base/${p}=ALL-UNNAMED`,
  );
  const text = execFileSync(
    "java",
    [...args, "-cp", `${jarsOfDatasketches()}/*`, join(CHECK, "ReadSketches.java"), folder],
    {
      encoding: "utf8",
    },
  );
  const answers = new Map(
    text
      .trim()
      .split("\n")
      .map((line) => [line.split("\t")[0]!, line.split("\t").slice(1).map(Number)]),
  );
  expect(answers.size).toBe(sketchCount);
  for (const { file, family, claims } of manifest.records)
    expectSame(file, answers.get(file)!, ownAnswers(family, claims));
});

test("a training set that Python has summarised, as the guide shows, is a baseline: counts exactly, quantiles within the bound", async () => {
  const rows = Array.from({ length: 20_000 }, (_, i) => ({
    price: i % 50 === 0 ? null : (i * 7_919) % 10_007,
    country: ["FR", "DE", "US"][i % 3]!,
  }));
  const path = join(folder, "rows.jsonl");
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const out = join(folder, "training");
  execFileSync(pythonWithDatasketches(), ["docs/guides/examples/summarise_training_set.py", path, out]);
  const { features } = await readBaseline([out]);
  const [price, country] = ["price", "country"].map(
    (name) => features.find(({ feature }) => feature === name)!,
  );
  expect(price).toMatchObject({
    known: ["counts", "numbers"],
    profile: { presentCount: 20_000, nullCount: 400 },
  });
  expect(country).toMatchObject({ known: ["counts", "names"], profile: { stringCount: 20_000 } });
  expect([...country!.profile.categories.counts].sort()).toEqual([6_666, 6_667, 6_667]);
  const snapshot = snapshotOf(price!.profile, 20_000);
  expect(snapshot.rankErrorMax).toBeGreaterThan(0.001);
  expect(snapshot.rankErrorMax).toBeLessThan(0.01);
  const sorted = rows.flatMap((row) => row.price ?? []).sort((a, b) => a - b);
  snapshot.values.forEach((value, i) => {
    const rank = sorted.filter((each) => each <= value).length / sorted.length;
    expect(Math.abs(snapshot.cumulativeCounts[i]! / sorted.length - rank)).toBeLessThan(
      snapshot.rankErrorMax,
    );
  });
});

/** What ReadSketches.java prints, by our own claims. */
function ownAnswers(family: string, claims: Readonly<Record<string, unknown>>): number[] {
  const list = (key: string) => claims[key] as number[];
  const at = (key: string, deviations: number) => (claims[key] as Record<number, number>)[deviations]!;
  if (family === "hll") return [Number(claims["estimate"]), at("lower", 2), at("upper", 2)];
  if (family === "frequent_strings")
    return [Number(claims["total_weight"]), Number(claims["num_active_items"])];
  if (claims["n"] === 0) return [0, 0];
  const median = list("quantile_ranks").indexOf(0.5);
  const quantiles = list("quantiles_inclusive");
  return [
    claims["n"],
    claims["num_retained"],
    claims["min"],
    claims["max"],
    quantiles[median],
    quantiles[0],
  ].map(Number);
}

function expectSame(file: string, java: readonly number[], own: readonly number[]): void {
  own.forEach((value, i) => {
    const distance = Math.abs(java[i]! - value) / Math.max(1e-300, Math.abs(value));
    expect(
      java[i] === value || distance < 1e-9,
      `${file}: Java says ${java.join(", ")}, we say ${own.join(", ")}`,
    ).toBe(true);
  });
}
