/**
 * `npm run simulate -- --seeds N [--from N] [--mode safety|liveness] [--remakes] [--processes N] [--json FILE]`: seeds over
 * all cores; each that fails is run again and printed with its trace.
 * `npm run simulate -- --seed S [--mode …] [--remakes]`: one seed, written down.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Mode, simulate } from "./simulate.ts";
import { modeOf, spread } from "./spread.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string", default: "500" },
    from: { type: "string", default: "1" },
    mode: { type: "string" },
    remakes: { type: "boolean", default: false },
    processes: { type: "string" },
    json: { type: "string" },
    "failures-max": { type: "string", default: "3" },
    "trace-lines": { type: "string", default: "60" },
  },
});
if (values.mode !== undefined && values.mode !== "safety" && values.mode !== "liveness")
  throw new Error(`--mode is safety or liveness, not "${values.mode}"`);
const mode: Mode | undefined = values.mode;
/** Seeds between two lines that say how far a run is. */
const TOLD_EVERY = 500;

if (values.seed === undefined) await runMany();
else if (!(await printed(wholeNumber("seed", values.seed)))) process.exitCode = 1;
else process.stdout.write(`seed ${values.seed} (${modeOf(Number(values.seed), mode)}): nothing wrong\n`);

async function runMany(): Promise<void> {
  const startMs = performance.now();
  const { failures, seeds, eventCount, faults, cpuMs } = await spread({
    from: wholeNumber("from", values.from),
    count: wholeNumber("seeds", values.seeds),
    mode,
    remakes: values.remakes,
    failuresMax: wholeNumber("failures-max", values["failures-max"]),
    onSeed: ({ seed, failure }, doneCount) => {
      if (failure !== undefined) process.stderr.write(`seed ${seed}: ${failure}\n`);
      if (doneCount % TOLD_EVERY === 0)
        process.stderr.write(`${doneCount} seeds in ${round((performance.now() - startMs) / 1000)} s\n`);
    },
    ...(values.processes === undefined ? {} : { processes: wholeNumber("processes", values.processes) }),
  });
  const seconds = round((performance.now() - startMs) / 1000);
  for (const { seed, failure } of failures)
    if (await printed(seed)) process.stdout.write(`seed ${seed} does not repeat itself: ${failure}\n`);
  const kinds = Object.entries(faults)
    .map(([name, value]) => `${value} ${name}`)
    .join(", ");
  const cpuMsPerSeed = round(cpuMs / seeds);
  process.stdout.write(
    `${failures.length} of ${seeds} seeds failed; ${eventCount} events, ${kinds}; ${seconds} s, ${cpuMsPerSeed} ms of CPU a seed\n`,
  );
  const failed = failures.map(({ seed, mode: failedMode, failure }) => ({ seed, mode: failedMode, failure }));
  const figures = { seeds, failures: failed, seconds, cpuMsPerSeed, eventCount, faults };
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
  process.exitCode = failures.length > 0 ? 1 : 0;
}

/** Runs one seed and prints what happened in it. @returns whether nothing was wrong */
async function printed(seed: number): Promise<boolean> {
  const order = { seed, mode: modeOf(seed, mode), remakes: values.remakes };
  const { trace, failure, mode: ranMode } = await simulate({ ...order, trace: true });
  process.stdout.write(`${trace.slice(-wholeNumber("trace-lines", values["trace-lines"])).join("\n")}\n`);
  if (failure !== undefined) process.stdout.write(`seed ${seed} (${ranMode}): ${failure}\n\n`);
  return failure === undefined;
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name} is a whole number from 1, not "${text}"`);
  return value;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
