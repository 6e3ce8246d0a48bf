/**
 * npm run bench:sketch [-- --json FILE] [--updates N] [--repeats N]
 *
 * CPU nanoseconds an update and bytes of our sketches, beside those of others, in one run on one machine. Fails where
 * one of ours misses its limit; whatever could not be measured is named.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Measure } from "./measure.ts";
import { measureMemory } from "./memory.ts";
import { measureOwn } from "./own.ts";
import { measureJava, measurePython } from "./rivals/foreign.ts";
import { measureNodeRivals } from "./rivals/node.ts";
import { sampleOf } from "./vector-data.ts";

/** One hot sketch: CPU time of ours ÷ that of the C++ core. */
const KLL_TO_CPP_MAX = 1.3;

const { values: options } = parseArgs({
  options: {
    json: { type: "string" },
    updates: { type: "string", default: "2000000" },
    repeats: { type: "string", default: "7" },
  },
});
const updates = Number(options.updates);
const repeats = Number(options.repeats);

const folder = mkdtempSync(join(os.tmpdir(), "lanewatch-bench-"));
const data = sampleOf("skew", 1, updates);
const numbersFile = join(folder, "numbers.f64");
writeFileSync(numbersFile, data);
// In turn, and twice: whoever else uses the machine meets both sides. The quicker of two runs counts.
const first = measureOwn(data, repeats);
const python = measurePython(numbersFile, repeats);
const own = quicker(first, measureOwn(data, repeats));
const pythonBest = {
  ...python,
  measures: quicker(python.measures, measurePython(numbersFile, repeats).measures),
};
const java = measureJava(numbersFile, repeats);
const others = measureNodeRivals(data, repeats);
const memory = (["doubles", "floats", "strings"] as const).map(measureMemory);
rmSync(folder, { recursive: true });

const measures = [...own, ...others, ...pythonBest.measures, ...java.measures, ...memory];
const ratio = kllRatio(own, pythonBest);
print(measures, [python, java], ratio);
if (options.json) {
  const machine = {
    cpu: os.cpus()[0]?.model,
    cores: os.cpus().length,
    node: process.version,
    load: os.loadavg(),
  };
  const result = { at: new Date().toISOString(), machine, updates, repeats, kllToCpp: ratio, measures };
  writeFileSync(options.json, `${JSON.stringify(result, null, 1)}\n`);
}
const missed = measures.filter((m) => overLimit(m) !== "").length + (ratio > KLL_TO_CPP_MAX ? 1 : 0);
process.exitCode = missed > 0 ? 1 : 0;

function quicker(a: readonly Measure[], b: readonly Measure[]): Measure[] {
  return a.map((m, i) =>
    (b[i]?.nsPerUpdate ?? Number.POSITIVE_INFINITY) < (m.nsPerUpdate ?? 0) ? b[i]! : m,
  );
}

/** NaN where C++ could not be measured. */
function kllRatio(ours: readonly Measure[], theirs: { readonly measures: readonly Measure[] }): number {
  const find = (list: readonly Measure[]) =>
    list.find((m) => m.what === "KLL k=200 doubles")?.nsPerUpdate ?? Number.NaN;
  return find(ours) / find(theirs.measures);
}

function overLimit({ nsPerUpdate, bytes, limit }: Measure): string {
  if (limit?.nsMax !== undefined && (nsPerUpdate ?? 0) > limit.nsMax) return `over ${limit.nsMax} ns`;
  if (limit?.bytesMax !== undefined && (bytes ?? 0) > limit.bytesMax) return `over ${limit.bytesMax} B`;
  return "";
}

function limitText({ limit }: Measure): string {
  const parts = [
    limit?.nsMax && `≤ ${limit.nsMax} ns`,
    limit?.bytesMax && `≤ ${limit.bytesMax} B`,
    limit?.goal && `aim ${limit.goal} B`,
  ];
  return parts.filter(Boolean).join(", ");
}

function print(
  rows: readonly Measure[],
  foreign: readonly { readonly name: string; readonly skipped?: string }[],
  kllToCpp: number,
): void {
  const line = (cells: readonly string[]) =>
    `${cells[0]!.padEnd(58)} ${cells[1]!.padEnd(38)} ${cells[2]!.padStart(9)} ${cells[3]!.padStart(8)}  ${cells[4]}\n`;
  process.stdout.write(line(["what", "by", "ns/update", "bytes", "limit"]));
  for (const row of rows) {
    const over = overLimit(row);
    process.stdout.write(
      line([
        row.what,
        row.by,
        row.nsPerUpdate?.toFixed(1) ?? "",
        row.bytes?.toFixed(0) ?? "",
        `${limitText(row)}${over && `  MISSED: ${over}`}`,
      ]),
    );
  }
  for (const { name, skipped } of foreign)
    if (skipped) process.stdout.write(`skipped: ${name}: ${skipped}\n`);
  process.stdout.write(
    `KLL k=200, one hot sketch: ${kllToCpp.toFixed(2)} × the CPU time of C++ (limit ${KLL_TO_CPP_MAX})\n`,
  );
}
