/** Sketches of our own for the reference to read: every family, many sizes, merges, with what we claim of each. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { serializeFrequent } from "../../src/sketch/frequent-format.ts";
import { FrequentStrings } from "../../src/sketch/frequent-strings.ts";
import type { HllType } from "../../src/sketch/hll.ts";
import { HllSketch } from "../../src/sketch/hll.ts";
import { serializeHll } from "../../src/sketch/hll-format.ts";
import { HllUnion } from "../../src/sketch/hll-union.ts";
import { KllSketch } from "../../src/sketch/kll.ts";
import { serializeKll } from "../../src/sketch/kll-format.ts";
import { answersOfFrequent, answersOfHll, answersOfKll } from "./vector-answers.ts";
import { categoriesOf, type InputKind, sampleOf } from "./vector-data.ts";

type Record_ = Readonly<Record<string, unknown>>;

const RANKS = [0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1];

/** Writes the files and their `manifest.json`. @returns how many sketches. */
export function writeVectors(folder: string): number {
  mkdirSync(folder, { recursive: true });
  const records: Record_[] = [];
  const write = (record: Record_, bytes: Uint8Array) => {
    writeFileSync(join(folder, String(record["file"])), bytes);
    records.push(record);
  };
  writeKll(write);
  writeHll(write);
  writeFrequent(write);
  writeFileSync(join(folder, "manifest.json"), JSON.stringify({ written_by: "lanewatch", records }, null, 1));
  return records.length;
}

type Write = (record: Record_, bytes: Uint8Array) => void;

function writeKll(write: Write): void {
  for (const precision of ["double", "float"] as const) {
    const family = `kll_${precision}s`;
    const put = (file: string, sketch: KllSketch, about: Record_) =>
      write({ file, family, k: sketch.k, ...about, claims: claimsOf(sketch) }, serializeKll(sketch));
    for (const n of [0, 1, 2, 10, 200, 201, 1_000, 30_000, 300_000]) {
      put(`${family}_skew_${n}.sk`, kllOf(precision, 200, "skew", 11, n), {
        data: { dist: "skew", seed: 11, n },
      });
    }
    for (const k of [8, 20, 64, 128, 400, 1_024, 4_096]) {
      put(`${family}_k${k}.sk`, kllOf(precision, k, "bell", k, 20_000), {
        data: { dist: "bell", seed: k, n: 20_000 },
      });
    }
    for (const dist of ["uniform", "discrete10", "binary", "constant", "shifted", "ints"]) {
      put(`${family}_${dist}.sk`, kllOf(precision, 200, dist, 5, 20_000), {
        data: { dist, seed: 5, n: 20_000 },
      });
    }
    const merges: [number, number, number, number][] = [
      [200, 200, 50, 70],
      [200, 200, 20_000, 30_000],
      [128, 200, 7, 40_000],
      [200, 64, 20_000, 20_000],
    ];
    for (const [ka, kb, na, nb] of merges) {
      const name = `${family}_merge_${ka}_${kb}_${na}_${nb}`;
      const a = kllOf(precision, ka, "uniform", na, na);
      const b = kllOf(precision, kb, "skew", nb + 1, nb);
      put(`${name}_a.sk`, a, { data: { dist: "uniform", seed: na, n: na } });
      put(`${name}_b.sk`, b, { data: { dist: "skew", seed: nb + 1, n: nb } });
      a.merge(b);
      put(`${name}.sk`, a, { merged_from: [`${name}_a.sk`, `${name}_b.sk`] });
    }
    const runs = new KllSketch({ k: 1_024, seed: 3, precision });
    const sample = sampleOf("skew", 77, 64_000).map(precision === "float" ? Math.fround : Number);
    for (let at = 0; at < sample.length; at += 256)
      runs.updateSortedRun(sample.slice(at, at + 256).sort(), 256);
    put(`${family}_runs.sk`, runs, { data: { dist: "skew", seed: 77, n: 64_000 } });
    const counts = countsOf(sampleOf("discrete10", 9, 50_000));
    const weighted = KllSketch.fromWeighted(
      Float64Array.from(counts.keys()),
      Float64Array.from(counts.values()),
      { k: 200, seed: 4, precision },
    );
    put(`${family}_weighted.sk`, weighted, { data: { dist: "discrete10", seed: 9, n: 50_000 } });
  }
}

function kllOf(precision: "double" | "float", k: number, dist: string, seed: number, n: number): KllSketch {
  const sketch = new KllSketch({ k, seed, precision });
  for (const value of sampleOf(dist, seed, n)) sketch.update(value);
  return sketch;
}

function countsOf(values: Float64Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of [...values].sort((a, b) => a - b)) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function claimsOf(sketch: KllSketch): Record_ {
  if (sketch.isEmpty) return { n: 0, num_retained: 0 };
  const probes = [sketch.min, (sketch.min + sketch.max) / 2, sketch.max].map((value) =>
    sketch.precision === "float" ? Math.fround(value) : value,
  );
  return {
    probe_values: probes,
    quantile_ranks: RANKS,
    ...answersOfKll(sketch, { probe_values: probes, quantile_ranks: RANKS }),
  };
}

function writeHll(write: Write): void {
  for (const type of [4, 6, 8] as const) {
    for (const [kind, n] of [
      ["string", 0],
      ["string", 1],
      ["string", 7],
      ["string", 8],
      ["string", 100],
      ["string", 3_000],
      ["string", 50_000],
      ["int", 500],
      ["int", 20_000],
      ["double", 20_000],
    ] as const) {
      writeOneHll(write, 12, type, kind, 0, n, `hll${type}_lgk12_${kind}_${n}`);
    }
    for (const lgK of [4, 5, 7, 8, 10, 14, 17, 21])
      writeOneHll(write, lgK, type, "int", 1_000, 30_000, `hll${type}_lgk${lgK}`);
    for (const [lgA, lgB, na, nb] of [
      [12, 12, 100, 200],
      [12, 12, 20_000, 15_000],
      [12, 10, 20_000, 15_000],
      [11, 12, 5, 30_000],
    ] as const) {
      const name = `hll${type}_union_${lgA}_${lgB}_${na}_${nb}`;
      const a = writeOneHll(write, lgA, type, "int", 0, na, `${name}_a`);
      const b = writeOneHll(write, lgB, type, "int", na >>> 1, nb, `${name}_b`);
      const union = new HllUnion(12);
      union.add(a);
      union.add(b);
      const result = union.result(type);
      write(
        {
          file: `${name}.sk`,
          family: "hll",
          lg_k: result.lgK,
          hll_type: type,
          merged_from: [`${name}_a.sk`, `${name}_b.sk`],
          claims: answersOfHll(result),
        },
        serializeHll(result),
      );
    }
  }
}

function writeOneHll(
  write: Write,
  lgK: number,
  type: HllType,
  kind: InputKind,
  start: number,
  n: number,
  name: string,
): HllSketch {
  const sketch = hllOf(lgK, type, kind, start, n);
  write(
    {
      file: `${name}.sk`,
      family: "hll",
      lg_k: lgK,
      hll_type: type,
      input: { kind, start, n },
      claims: answersOfHll(sketch),
    },
    serializeHll(sketch),
  );
  return sketch;
}

/** A sketch of `n` distinct inputs of the vectors' README. */
export function hllOf(lgK: number, type: HllType, kind: InputKind, start: number, n: number): HllSketch {
  const sketch = new HllSketch(lgK, type);
  for (let i = start; i < start + n; i++) {
    if (kind === "int") sketch.updateInteger(i);
    else if (kind === "double") sketch.updateDouble(i * 0.5);
    else sketch.updateString(`v${i}`);
  }
  return sketch;
}

function writeFrequent(write: Write): void {
  const put = (file: string, sketch: FrequentStrings, about: Record_) => {
    const { total_weight, num_active_items, no_false_negatives } = answersOfFrequent(sketch);
    write(
      {
        file,
        family: "frequent_strings",
        lg_max_map_size: sketch.lgMapMax,
        ...about,
        claims: { total_weight, num_active_items, rows: no_false_negatives },
      },
      serializeFrequent(sketch),
    );
  };
  for (const lg of [6, 8, 10]) {
    for (const n of [0, 1, 30, 1_000, 60_000]) {
      const data = { dist: "categories", seed: n + lg, n, cardinality: 5_000 };
      put(`frequent_lg${lg}_${n}.sk`, frequentOf(lg, n + lg, n), { data });
    }
    const a = frequentOf(lg, 1, 20_000);
    const b = frequentOf(lg, 2, 300);
    const name = `frequent_lg${lg}_merge`;
    put(`${name}_a.sk`, a, { data: { dist: "categories", seed: 1, n: 20_000, cardinality: 5_000 } });
    put(`${name}_b.sk`, b, { data: { dist: "categories", seed: 2, n: 300, cardinality: 5_000 } });
    a.merge(b);
    put(`${name}.sk`, a, { merged_from: [`${name}_a.sk`, `${name}_b.sk`] });
  }
}

function frequentOf(lg: number, seed: number, n: number): FrequentStrings {
  const sketch = new FrequentStrings(lg);
  for (const item of categoriesOf(seed, n, 5_000)) sketch.update(item);
  return sketch;
}
