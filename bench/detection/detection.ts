/**
 * `npm run bench:detection -- --harness DIR [--python PATH] [--only volume,drift,nab] [--seeds 1,2,3,4]
 * [--budgets 0.25,0.1] [--scale 0.3] [--direct] [--json FILE]`: every public detection bench in one run, scored.
 *
 * DIR holds the harness (volume_bench.py, drift_bench.py, nab_bench.py and its data). It makes the inputs, the
 * project's own benches read them and write alerts, and the harness scores those: nothing here knows the truth.
 * `--direct` judges counts and NAB's values without `replay` around the auditor: the same alerts in a tenth of the time.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { textTable } from "../../src/app/cli/text-table.ts";
import { writeResult } from "../result.ts";

const { values } = parseArgs({
  options: {
    harness: { type: "string" },
    python: { type: "string", default: "python3" },
    only: { type: "string", default: "volume,drift,nab" },
    seeds: { type: "string", default: "1,2,3,4" },
    budgets: { type: "string", default: "0.25,0.1" },
    scale: { type: "string", default: "0.3" },
    direct: { type: "boolean", default: false },
    json: { type: "string" },
  },
});
const wanted = values.only.split(",");
const known = ["volume", "drift", "nab"];
if (!values.harness || wanted.some((name) => !known.includes(name))) {
  console.error(
    "usage: npm run bench:detection -- --harness DIR [--python PATH] [--only volume,drift,nab] [--seeds 1,2] " +
      "[--budgets 0.25,0.1] [--scale 0.3] [--direct] [--json FILE]",
  );
  process.exit(64);
}
const harness = resolve(values.harness);
const missing = wanted.map((name) => `${name}_bench.py`).filter((name) => !existsSync(join(harness, name)));
if (missing.length > 0) {
  console.error(`${values.harness} has no ${missing.join(", ")}; give the folder of the harness`);
  process.exit(64);
}

/** A figure of the table, as the harness gave it. */
interface Scored {
  readonly bench: string;
  readonly set: string;
  readonly seconds: number;
  readonly figures: Readonly<Record<string, unknown>>;
}

const folder = mkdtempSync(join(tmpdir(), "lanewatch-detection-"));
const scored: Scored[] = [];
try {
  const seeds = values.seeds.split(",");
  if (wanted.includes("volume"))
    for (const seed of seeds) for (const budget of values.budgets.split(",")) volume(seed, budget);
  if (wanted.includes("drift")) for (const seed of seeds) drift(seed, values.scale);
  if (wanted.includes("nab")) nab();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`\n${textTable(["bench", "set", "figure", "value"], rowsOf(scored), 3).join("\n")}`);

/** Written after every run, so that one that breaks loses nothing of those before it. */
function keep(one: Scored): void {
  scored.push(one);
  writeResult(values.json, "detection", { direct: values.direct, scored, means: meansOf(scored) });
}

function volume(seed: string, budget: string): void {
  const made = join(folder, `volume-${seed}`);
  if (!existsSync(made))
    python("volume_bench.py", ["gen", "--data", "data/series", "--seed", seed, "--out", made]);
  const alerts = join(made, `alerts-${budget}.csv`);
  const seconds = own("bench/volume.ts", [
    "--input",
    join(made, "input"),
    "--alerts",
    alerts,
    "--budget",
    budget,
    ...(values.direct ? ["--direct"] : []),
  ]);
  const figures = scoreJson("volume_bench.py", [
    "score",
    "--gen",
    made,
    "--alerts",
    alerts,
    "--severity",
    "page",
  ]);
  keep({ bench: "volume", set: `budget ${budget}, seed ${seed}`, seconds, figures });
}

function drift(seed: string, scale: string): void {
  const made = join(folder, `drift-${seed}`);
  const words = ["gen", "--data", "data/tabular", "--seed", seed, "--scale", scale, "--out", made];
  python("drift_bench.py", words);
  const alerts = join(made, "alerts.csv");
  const seconds = own("bench/drift/drift.ts", ["--input", join(made, "input"), "--alerts", alerts]);
  for (const severity of ["", "page"]) {
    const only = severity === "" ? [] : ["--severity", severity];
    const figures = scoreJson("drift_bench.py", ["score", "--gen", made, "--alerts", alerts, ...only]);
    keep({ bench: "drift", set: `${severity || "page or warn"}, seed ${seed}`, seconds, figures });
  }
}

function nab(): void {
  const made = join(folder, "nab");
  python("nab_bench.py", ["export", "--nab", "data/nab", "--out", made]);
  const scores = join(made, "scores.csv");
  const words = ["--input", join(made, "input"), "--scores", scores, ...(values.direct ? ["--direct"] : [])];
  const seconds = own("bench/nab.ts", words);
  const text = python("nab_bench.py", ["score", "--nab", "data/nab", "--scores", scores]);
  const lines = [...text.matchAll(/^(\S[^\d]*?)\s+(-?[\d.]+)\s+threshold/gm)];
  keep({
    bench: "nab",
    set: "58 series, one run",
    seconds,
    figures: Object.fromEntries(lines.map(([, profile, score]) => [profile!.trim(), Number(score)])),
  });
}

/** Runs one of the project's benches as a person would. @returns CPU seconds are not known of a child: these are wall. */
function own(script: string, words: readonly string[]): number {
  const startMs = performance.now();
  run(process.execPath, ["--import", "tsx", script, ...words], process.cwd());
  return Math.round((performance.now() - startMs) / 100) / 10;
}

function python(script: string, words: readonly string[]): string {
  return run(values.python, [join(harness, script), ...words], harness);
}

/** NaN, which Python writes and JSON does not know, is no figure. */
function scoreJson(script: string, words: readonly string[]): Record<string, unknown> {
  const text = python(script, [...words, "--json"]).replaceAll(/\bNaN\b/g, "null");
  return JSON.parse(text) as Record<string, unknown>;
}

function run(command: string, words: readonly string[], cwd: string): string {
  console.error(`… ${words.map((word) => word.split("/").at(-1)).join(" ")}`);
  const { status, stdout, stderr, error } = spawnSync(command, words, {
    cwd,
    encoding: "utf8",
    maxBuffer: 64 * 1_048_576,
  });
  if (status === 0) return stdout;
  throw new Error(`${words[0]} failed (${error?.message ?? status}): ${stderr.slice(-2_000)}`);
}

function rowsOf(all: readonly Scored[]): string[][] {
  return all.flatMap(({ bench, set, figures }) =>
    Object.entries(figures).flatMap(([name, value]) =>
      flat(name, value).map(([figure, number]) => [bench, set, figure, String(Number(number.toFixed(4)))]),
    ),
  );
}

function flat(name: string, value: unknown): (readonly [string, number])[] {
  if (typeof value === "number") return [[name, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([inner, each]) => flat(`${name} ${inner}`, each));
}

/** Over the seeds, by bench and what else was set. */
function meansOf(all: readonly Scored[]): Record<string, Record<string, number>> {
  const groups = new Map<string, Map<string, number[]>>();
  for (const { bench, set, figures } of all) {
    const key = `${bench}, ${set.replace(/, seed .*/, "")}`;
    const group = groups.get(key) ?? new Map<string, number[]>();
    groups.set(key, group);
    for (const [name, value] of Object.entries(figures))
      for (const [figure, number] of flat(name, value))
        group.set(figure, [...(group.get(figure) ?? []), number]);
  }
  const mean = (numbers: readonly number[]) =>
    Number((numbers.reduce((sum, each) => sum + each, 0) / numbers.length).toFixed(4));
  return Object.fromEntries(
    [...groups].map(([key, group]) => [
      key,
      Object.fromEntries([...group].map(([figure, numbers]) => [figure, mean(numbers)])),
    ]),
  );
}
