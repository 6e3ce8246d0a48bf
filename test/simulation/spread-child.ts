/** One of the processes of `spread.ts`: simulates the seeds it is handed, one at a time. */
import { simulate } from "./simulate.ts";
import type { SeedOrder, SeedReport } from "./spread.ts";

// Thousands of errors a run are part of the simulated faults; a seed that fails is run again, with stacks.
Error.stackTraceLimit = 0;

process.on("message", async (order: SeedOrder) => {
  const before = process.cpuUsage();
  const { trace: _, ...result } = await simulate(order);
  const { user, system } = process.cpuUsage(before);
  const report: SeedReport = { ...result, cpuMs: (user + system) / 1000 };
  process.send?.(report);
});
