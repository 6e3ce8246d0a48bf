import { expect, test } from "vitest";
import { simulate } from "./simulate.ts";
import { spread } from "./spread.ts";

const SEEDS = 500;

// More, and any one again with its trace: `npm run simulate -- --seeds 10000`, `npm run simulate -- --seed N`.
test(`seeds 1 to ${SEEDS}: whatever fails, counts equal the log, and nobody is paged for nothing`, {
  timeout: 600_000,
}, async () => {
  const { seeds, failures } = await spread({ from: 1, count: SEEDS, mode: undefined, failuresMax: 5 });
  expect(failures.map(({ seed, mode, failure }) => `seed ${seed} (${mode}): ${failure}`)).toEqual([]);
  expect(seeds).toBe(SEEDS);
});

test("seeds come to the same whether one process runs them or two", async () => {
  const run = (processes: number) => spread({ from: 1, count: 6, mode: "safety", failuresMax: 6, processes });
  const [one, two] = await Promise.all([run(1), run(2)]);
  expect({ ...two, cpuMs: 0 }).toEqual({ ...one, cpuMs: 0 });
  expect(two.eventCount).toBeGreaterThan(1_000);
});

test("a seed repeats itself event by event", async () => {
  const runs = [await simulate({ seed: 3, mode: "liveness", trace: true })];
  runs.push(await simulate({ seed: 3, mode: "liveness", trace: true }));
  expect(runs[1]).toEqual(runs[0]);
  expect(runs[0]!.trace.length).toBeGreaterThan(50);
});
