/**
 * Memory of many live series, in a process of its own: RSS after everything was added, less RSS before, by series.
 * Payload alone is 480 bytes a series of 60 doubles, 240 where floats hold them.
 */
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ProfileArena } from "../../src/sketch/arena.ts";
import type { Measure } from "./measure.ts";

const SERIES = 100_000;
const VALUES = 60;

export type MemoryKind = "doubles" | "floats" | "strings";

const LIMITS: Readonly<Record<MemoryKind, Measure["limit"]>> = {
  doubles: { bytesMax: 800, goal: "600" },
  floats: { bytesMax: 800, goal: "360" },
  strings: {},
};

export function measureMemory(kind: MemoryKind): Measure {
  const args = ["--expose-gc", "--import", "tsx", fileURLToPath(import.meta.url), kind];
  const line = execFileSync(process.execPath, args, { encoding: "utf8" });
  const { bytes, nsPerUpdate } = JSON.parse(line) as { bytes: number; nsPerUpdate: number };
  const what = `memory a live series, ${VALUES} ${kind === "strings" ? "strings of 12 kinds" : kind}, ${SERIES / 1_000}k series`;
  return { what, by: "lanewatch (TypeScript)", nsPerUpdate, bytes, limit: LIMITS[kind] ?? {} };
}

async function fill(kind: MemoryKind): Promise<void> {
  // Code and its compiled form are no series' memory: run it once before.
  await measureArena(kind, 2_000);
  const { bytes, ns } = await measureArena(kind, SERIES);
  const result = { bytes: Math.round(bytes / SERIES), nsPerUpdate: ns / (SERIES * VALUES) };
  process.stdout.write(JSON.stringify(result));
}

async function measureArena(kind: MemoryKind, seriesCount: number): Promise<{ bytes: number; ns: number }> {
  const names = Array.from({ length: 12 }, (_, i) => `category-${i}`);
  await settle();
  const before = process.memoryUsage.rss();
  const cpu = process.cpuUsage();
  const arena = new ProfileArena();
  for (let s = 0; s < seriesCount; s++) arena.open(s);
  // Round robin, as records of many lanes come.
  for (let i = 0; i < VALUES; i++) {
    for (let s = 0; s < seriesCount; s++) {
      if (kind === "strings") arena.addString(s, names[(s + i) % 12]!);
      else arena.addNumber(s, kind === "floats" ? s + i * 0.25 : (s + i) * 0.1);
    }
  }
  const { user, system } = process.cpuUsage(cpu);
  await settle();
  const bytes = process.memoryUsage.rss() - before;
  const last = arena.seal(seriesCount - 1);
  if (arena.liveCount !== seriesCount || last.presentCount !== VALUES)
    throw new Error("the arena lost something");
  return { bytes, ns: (user + system) * 1_000 };
}

/** Collects, and waits for buffers to be given back: that happens on another thread. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await sleep(100);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await fill(process.argv[2] as MemoryKind);
