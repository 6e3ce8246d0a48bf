/** `npm run simulate -- --seeds N | --seed S [--mode safety|liveness] [--from N]`: prints each failing seed with its trace. */
import { parseArgs } from "node:util";
import { type Mode, simulate } from "./simulate.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string", default: "500" },
    from: { type: "string", default: "1" },
    mode: { type: "string" },
    "failures-max": { type: "string", default: "3" },
    "trace-lines": { type: "string", default: "60" },
  },
});

const first = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const modes: readonly Mode[] = values.mode === undefined ? ["safety", "liveness"] : [values.mode as Mode];
const startCpu = process.cpuUsage();
const startMs = performance.now();
const totals: Record<string, number> = {};
let failures = 0;
let events = 0;
for (let seed = first; seed < first + count; seed++) {
  const mode = modes.length === 1 ? modes[0]! : seed % 2 === 0 ? "safety" : "liveness";
  const result = await simulate({ seed, mode, trace: values.seed !== undefined });
  events += result.eventCount;
  for (const [name, value] of Object.entries(result.summary)) totals[name] = (totals[name] ?? 0) + value;
  if (result.failure === undefined) continue;
  failures++;
  // The same seed again, this time written down.
  const { trace } = await simulate({ seed, mode, trace: true });
  process.stdout.write(
    `${trace.slice(-Number(values["trace-lines"])).join("\n")}\nseed ${seed} (${mode}): ${result.failure}\n\n`,
  );
  if (failures >= Number(values["failures-max"])) break;
}
const seconds = (performance.now() - startMs) / 1000;
const kinds = Object.entries(totals)
  .map(([name, value]) => `${value} ${name}`)
  .join(", ");
const cpu = process.cpuUsage(startCpu);
const cpuMs = (cpu.user + cpu.system) / 1000 / count;
process.stdout.write(
  `${failures} of ${count} seeds failed; ${events} events, ${kinds}; ${seconds.toFixed(1)} s, ${cpuMs.toFixed(1)} ms of CPU a seed\n`,
);
process.exitCode = failures > 0 ? 1 : 0;
