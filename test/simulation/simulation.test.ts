import { expect, test } from "vitest";
import { type Mode, simulate } from "./simulate.ts";

const SEEDS = 60;
const PART = 20;

// More, and any one again with its trace: `npm run simulate -- --seeds 10000`, `npm run simulate -- --seed N`.
for (let first = 1; first <= SEEDS; first += PART)
  test(`seeds ${first} to ${first + PART - 1}: whatever fails, counts equal the log, and nobody is paged for nothing`, {
    timeout: 300_000,
  }, async () => {
    const failures: string[] = [];
    for (let seed = first; seed < first + PART; seed++) {
      const mode: Mode = seed % 2 === 0 ? "safety" : "liveness";
      const { failure } = await simulate({ seed, mode });
      if (failure !== undefined) failures.push(`seed ${seed} (${mode}): ${failure}`);
    }
    expect(failures).toEqual([]);
  });

test("a seed repeats itself event by event", async () => {
  const runs = [await simulate({ seed: 3, mode: "liveness", trace: true })];
  runs.push(await simulate({ seed: 3, mode: "liveness", trace: true }));
  expect(runs[1]).toEqual(runs[0]);
  expect(runs[0]!.trace.length).toBeGreaterThan(50);
});
