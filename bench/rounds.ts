/** Sides of a bench that run in turn, each as a process of its own, and what is said of their rounds: medians, and ratios within a round. */
import { spawn } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { endWithBench } from "./children.ts";

/** What a side prints as its last line. */
export interface Run {
  readonly cpuUs: number;
  readonly wallMs: number;
}

/**
 * Runs a side to its end.
 * @param words the script, TypeScript or compiled (compiled.ts), and its arguments.
 * @param until when it is to end, for a side that goes on for ever: its stdin is closed then.
 * @throws with what it wrote to stderr when it fails.
 */
export async function run<R extends Run>(words: readonly string[], until?: Promise<void>): Promise<R> {
  const loader = words[0]?.endsWith(".ts") ? ["--import", "tsx"] : [];
  const child = spawn(process.execPath, [...loader, ...words]);
  endWithBench(child);
  until?.then(
    () => child.stdin.end(),
    () => child.kill(),
  );
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (status !== 0) throw new Error(`${words[0]} ended with ${status}: ${errors}`);
  return JSON.parse(output.trim().split("\n").at(-1)!) as R;
}

/** One after the other, so that both sides of a ratio meet the same machine. @returns the runs by side, in order of rounds. */
export async function alternate<Side extends string, R extends Run>(
  rounds: number,
  records: number,
  sides: Readonly<Record<Side, (round: number) => Promise<R>>>,
): Promise<Record<Side, R[]>> {
  const names = Object.keys(sides) as Side[];
  const runs = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Side, R[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of names) runs[name].push(await sides[name](round));
    const each = names.map((name) => `${name} ${(runs[name].at(-1)!.cpuUs / records).toFixed(2)} µs`);
    console.error(`round ${round + 1} of ${rounds}: ${each.join(", ")} a record`);
  }
  return runs;
}

/** How many times `own` goes into `other`, round by round: above 1 = `own` costs less. */
export function ratiosOf(own: readonly Run[], other: readonly Run[]): { median: number; all: number[] } {
  const ratios = own.map((one, i) => other[i]!.cpuUs / one.cpuUs);
  return { median: rounded(median(ratios)), all: ratios.map(rounded) };
}

export function summary(runs: readonly Run[], records: number) {
  return {
    cpu_us_per_record: rounded(median(runs.map((one) => one.cpuUs / records))),
    records_per_s_a_core: Math.round(1e6 / median(runs.map((one) => one.cpuUs / records))),
    records_per_s_wall: Math.round(median(runs.map((one) => (records / one.wallMs) * 1_000))),
  };
}

/** Where and when it was measured: no host name, no paths. */
export function conditions() {
  return {
    machine: `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`,
    load: rounded(loadavg()[0]!),
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
}

/** A line for each side, under a heading. */
export function table(sides: Readonly<Record<string, ReturnType<typeof summary>>>): string {
  const width = Math.max(...Object.keys(sides).map((name) => name.length));
  const lines = Object.entries(sides).map(
    ([name, side]) =>
      `${name.padEnd(width)}   ${side.cpu_us_per_record.toFixed(2).padStart(13)}   ` +
      `${String(side.records_per_s_a_core).padStart(16)}   ${String(side.records_per_s_wall).padStart(16)}`,
  );
  const heading = `${"".padEnd(width)}   CPU µs/record   records/s a core   records/s (wall)`;
  return [heading, ...lines].join("\n");
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}

export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
