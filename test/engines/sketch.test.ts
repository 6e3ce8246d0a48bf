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
