/**
 * Runs seeds over the machine's cores: one child process a core, each handed the next seed when it has done one. The
 * children run plain JavaScript, compiled once.
 */
import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { toPlainJavaScript } from "../../scripts/plain-javascript.mjs";
import type { Mode, RunResult } from "./simulate.ts";

export interface SpreadOptions {
  readonly from: number;
  readonly count: number;
  /** Fixed; without it even seeds run for safety and odd ones for liveness. */
  readonly mode: Mode | undefined;
  /** See RunOptions. */
  readonly remakes?: boolean;
  /** No more seeds are handed out after so many failures. */
  readonly failuresMax: number;
  /** @default the machine's cores */
  readonly processes?: number;
  /** Told of each seed as it is done: a run that is broken off has said what it found. */
  readonly onSeed?: (report: SeedReport, doneCount: number) => void;
}

/** What a child says of one seed. */
export interface SeedReport extends Omit<RunResult, "trace"> {
  readonly cpuMs: number;
}

export interface SpreadResult {
  readonly seeds: number;
  /** By seed, the first `failuresMax`: the same ones however many processes there are. */
  readonly failures: readonly SeedReport[];
  readonly eventCount: number;
  readonly cpuMs: number;
  readonly faults: Readonly<Record<string, number>>;
}

export interface SeedOrder {
  readonly seed: number;
  readonly mode: Mode;
  readonly remakes: boolean;
}

/** A seed takes a tenth of a second, on a machine that is busy elsewhere some seconds; one that takes this long does not end. */
const SEED_MS_MAX = 600_000;

export function modeOf(seed: number, mode: Mode | undefined): Mode {
  return mode ?? (seed % 2 === 0 ? "safety" : "liveness");
}

export async function spread(options: SpreadOptions): Promise<SpreadResult> {
  const reports: SeedReport[] = [];
  let next = options.from;
  let failures = 0;
  const take = (): SeedOrder | undefined => {
    if (next >= options.from + options.count || failures >= options.failuresMax) return undefined;
    const seed = next++;
    return { seed, mode: modeOf(seed, options.mode), remakes: options.remakes ?? false };
  };
  const note = (report: SeedReport) => {
    reports.push(report);
    if (report.failure !== undefined) failures++;
    options.onSeed?.(report, reports.length);
  };
  const processes = Math.min(options.processes ?? availableParallelism(), options.count);
  const folder = mkdtempSync(join(tmpdir(), "lanewatch-simulation-"));
  try {
    const program = await toPlainJavaScript(
      fileURLToPath(new URL("spread-child.ts", import.meta.url)),
      folder,
    );
    await Promise.all(Array.from({ length: processes }, () => work(program, take, note)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return total(reports, options.failuresMax);
}

/** One child until there are no more seeds. Seeds begin in order, so every seed before a failed one was run too. */
async function work(
  program: string,
  take: () => SeedOrder | undefined,
  note: (report: SeedReport) => void,
): Promise<void> {
  const child = fork(program, { execArgv: ["--max-semi-space-size=32"] });
  try {
    for (let order = take(); order !== undefined; order = take()) note(await ask(child, order));
  } finally {
    child.kill();
  }
}

function ask(child: ChildProcess, order: SeedOrder): Promise<SeedReport> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(timer);
      child.removeAllListeners();
      settle();
    };
    const stuck = () => end(() => reject(new Error(`${nameOf(order)} did not end within ${SEED_MS_MAX} ms`)));
    const timer = setTimeout(stuck, SEED_MS_MAX);
    child.once("message", (report: SeedReport) => end(() => resolve(report)));
    child.once("error", (error) => end(() => reject(error)));
    child.once("exit", (code, signal) =>
      end(() => reject(new Error(`the process that ran ${nameOf(order)} ended with ${signal ?? code}`))),
    );
    child.send(order);
  });
}

function nameOf({ seed, mode }: Pick<SeedOrder, "seed" | "mode">): string {
  return `seed ${seed} (${mode})`;
}

function total(reports: readonly SeedReport[], failuresMax: number): SpreadResult {
  const faults: Record<string, number> = {};
  for (const { summary } of reports)
    for (const [name, value] of Object.entries(summary)) faults[name] = (faults[name] ?? 0) + value;
  const failed = reports.filter(({ failure }) => failure !== undefined).sort((a, b) => a.seed - b.seed);
  return {
    seeds: reports.length,
    failures: failed.slice(0, failuresMax),
    eventCount: reports.reduce((sum, { eventCount }) => sum + eventCount, 0),
    cpuMs: reports.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    faults,
  };
}
