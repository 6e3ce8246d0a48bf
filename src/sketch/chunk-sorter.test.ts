import { expect, test } from "vitest";
import { seededRandom } from "../base/random.ts";
import { CHUNK_LENGTH_MAX } from "./chunk-sort.ts";
import { ChunkSorter } from "./chunk-sorter.ts";

const random = seededRandom(3);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const SERIES: Readonly<Record<string, () => number>> = {
  uniform: random,
  "whole numbers": () => Math.floor(random() * 12),
  "whole numbers of a narrow span": () => 1e15 + Math.floor(random() * 200) - 100,
  "whole numbers, and now and then a half": () => Math.floor(random() * 40) + (random() < 0.001 ? 0.5 : 0),
  "whole numbers, and now and then next to none": () =>
    random() < 0.001 ? 1e-20 : Math.floor(random() * 40) - 20,
  "the largest whole numbers": () =>
    Number.MAX_SAFE_INTEGER - Math.floor(random() * 3) * (random() < 0.5 ? 1 : -1),
  exponential: () => -Math.log(1 - random()),
  "a tail of a thousand times the middle": () => Math.exp(2.5 * normal()),
  "one value": () => 3,
  "mostly zeros": () => (random() < 0.97 ? 0 : random() * 100),
  "two heaps": () => normal() + (random() < 0.5 ? 0 : 1e6),
  "every size of double": () => normal() * 10 ** (300 * random() - 20),
  "next to the smallest double": () => Math.floor(random() * 3) * Number.MIN_VALUE,
  "a range beyond the largest double": () => (random() - 0.5) * Number.MAX_VALUE * 2,
};

// One sorter a series, over chunks that move away from what it has learned, and shorter ones between.
test.each(Object.keys(SERIES))("chunks of %s come out as the engine sorts them", (name) => {
  let sorter = new ChunkSorter();
  for (let i = 0; i < 60; i++) {
    const length = i % 7 === 6 ? Math.floor(random() * CHUNK_LENGTH_MAX) : CHUNK_LENGTH_MAX;
    const drift = i < 30 ? 0 : i * SERIES[name]!();
    const chunk = Float64Array.from({ length }, () => {
      const value = SERIES[name]!() + drift;
      return Number.isFinite(value) ? value : 0;
    });
    const sorted = chunk.slice().sort();
    sorter.sort(chunk, length);
    expect(chunk).toEqual(sorted);
    if (i === 40) sorter = sorter.clone();
  }
});
