/** Our own sketches under the stopwatch. */
import { ProfileArena } from "../../src/sketch/arena.ts";
import { encodeProfile } from "../../src/sketch/codec.ts";
import { serializeFrequent } from "../../src/sketch/frequent-format.ts";
import { FrequentStrings } from "../../src/sketch/frequent-strings.ts";
import { HistogramCounter, quantileEdges } from "../../src/sketch/histogram.ts";
import { HllSketch } from "../../src/sketch/hll.ts";
import { serializeHll } from "../../src/sketch/hll-format.ts";
import { KllSketch } from "../../src/sketch/kll.ts";
import { serializeKll } from "../../src/sketch/kll-format.ts";
import { cpuNsPerUpdate, type Measure } from "./measure.ts";
import { categoriesOf } from "./vector-data.ts";

const BY = "lanewatch (TypeScript)";
/** Strings of a decoded batch that are alive at once. */
const BATCH_LENGTH = 20_000;

export function measureOwn(data: Float64Array, repeats: number): Measure[] {
  return [
    ...measureKll(data, repeats),
    ...measureHll(data, repeats),
    measureHistogram(data, repeats),
    ...measureProfiles(data, repeats),
    ...measureCategories(data.length, repeats),
  ];
}

function measureKll(data: Float64Array, repeats: number): Measure[] {
  return [
    [200, "double"],
    [200, "float"],
    [1_024, "double"],
  ].map(([k, precision]) => {
    let sketch = new KllSketch({ k: 8, seed: 1 });
    const nsPerUpdate = cpuNsPerUpdate(data.length, repeats, () => {
      sketch = new KllSketch({ k: k as number, seed: 1, precision: precision as "double" });
      for (let i = 0; i < data.length; i++) sketch.update(data[i]!);
    });
    return { what: `KLL k=${k} ${precision}s`, by: BY, nsPerUpdate, bytes: serializeKll(sketch).length };
  });
}

function measureHll(data: Float64Array, repeats: number): Measure[] {
  let sketch = new HllSketch(12);
  const nsPerUpdate = cpuNsPerUpdate(data.length, repeats, () => {
    sketch = new HllSketch(12, 8);
    for (let i = 0; i < data.length; i++) sketch.updateDouble(data[i]!);
  });
  return [{ what: "HLL_8 lg_k=12", by: BY, nsPerUpdate, bytes: serializeHll(sketch).length }];
}

function measureHistogram(data: Float64Array, repeats: number): Measure {
  const sorted = data.slice(0, 100_000).sort();
  const edges = quantileEdges(
    sorted,
    Float64Array.from(sorted, (_, i) => i + 1),
    32,
  );
  const nsPerUpdate = cpuNsPerUpdate(data.length, repeats, () => {
    const counter = new HistogramCounter(edges);
    for (let i = 0; i < data.length; i++) counter.add(data[i]!);
  });
  return { what: "histogram, 32 reference edges", by: BY, nsPerUpdate, bytes: 4 * 32, limit: { nsMax: 15 } };
}

function measureProfiles(data: Float64Array, repeats: number): Measure[] {
  const sorted = data.slice(0, 100_000).sort();
  const edges = quantileEdges(
    sorted,
    Float64Array.from(sorted, (_, i) => i + 1),
    32,
  );
  return [
    { name: "numeric profile (counters, moments, bins, KLL k=200)", k: 200, seriesCount: 1 },
    { name: "numeric profile, k=1024", k: 1_024, seriesCount: 1 },
    { name: "numeric profile, k=200, 1,000 series in turn", k: 200, seriesCount: 1_000 },
  ].map(({ name, k, seriesCount }) => {
    let bytes = 0;
    const nsPerUpdate = cpuNsPerUpdate(data.length, repeats, () => {
      const arena = new ProfileArena({ k });
      for (let s = 0; s < seriesCount; s++) arena.open(s, edges);
      for (let i = 0; i < data.length; i++) arena.addNumber(i % seriesCount, data[i]!);
      bytes = encodeProfile(arena.seal(0)).reduce<number>(
        (sum, v) => sum + (v instanceof Float64Array ? 8 * v.length : 8),
        0,
      );
    });
    // The limit is for one hot series; a thousand in turn wait for memory, and for whoever else uses the cache.
    return { what: name, by: BY, nsPerUpdate, bytes, limit: seriesCount === 1 ? { nsMax: 50 } : {} };
  });
}

function measureCategories(updates: number, repeats: number): Measure[] {
  const few = categoriesOf(1, updates, 100);
  const many = categoriesOf(1, updates, 100_000);
  // Fresh strings, batch by batch, as a decoder makes them: nothing about them is cached yet but their bytes.
  const arenaRun = (names: readonly string[]) => {
    const arena = new ProfileArena();
    const series = arena.open(1);
    let totalNs = 0;
    for (let at = 0; at < names.length; at += BATCH_LENGTH) {
      const batch = names
        .slice(at, at + BATCH_LENGTH)
        .map((name) => Buffer.from(name, "latin1").toString("latin1"));
      totalNs +=
        batch.length *
        cpuNsPerUpdate(batch.length, 1, () => {
          for (const name of batch) arena.addString(series, name);
        });
    }
    return totalNs / names.length;
  };
  const best = (names: readonly string[]) =>
    Math.min(...Array.from({ length: repeats }, () => arenaRun(names)));
  let frequent = new FrequentStrings(10);
  const frequentNs = cpuNsPerUpdate(updates, repeats, () => {
    frequent = new FrequentStrings(10);
    for (const name of many) frequent.update(name);
  });
  return [
    {
      what: "category, 100 distinct (fresh strings)",
      by: BY,
      nsPerUpdate: best(few),
      bytes: null,
      limit: { nsMax: 60 },
    },
    {
      what: "category, up to 100,000 distinct (frequent + HLL)",
      by: BY,
      nsPerUpdate: best(many),
      bytes: null,
    },
    {
      what: "frequent strings 2^10",
      by: BY,
      nsPerUpdate: frequentNs,
      bytes: serializeFrequent(frequent).length,
    },
  ];
}
