/**
 * One engine after another away for a stretch, all of its processes at once, while records go on to be made. Measured:
 * memory meanwhile, and how long after its return all windows are judged. A real loss is put in after each return.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Conductor } from "./conductor.ts";
import { countPages } from "./pages.ts";
import { type EngineName, planDrops } from "./plan.ts";
import { progressOf } from "./progress.ts";
import { DROPPING, type Stage, say, WINDOW_MS } from "./run.ts";

/** How long after its return an engine's outage may take to be caught up. */
const CATCH_UP_MS_MAX = 300_000;
const DROP_SPAN_MS = 12 * WINDOW_MS;

export type OutageFigures = Awaited<ReturnType<typeof runOutage>>;

export async function runOutages(
  engines: readonly EngineName[],
  minutes: number,
  stage: Stage,
  conductor: Conductor,
): Promise<OutageFigures[]> {
  const figures: OutageFigures[] = [];
  for (const [i, engine] of engines.entries()) {
    figures.push(await runOutage(engine, minutes, stage, conductor));
    const lane = DROPPING[i % DROPPING.length]!;
    stage.load.drops.push(...planDrops([lane], Date.now(), DROP_SPAN_MS, WINDOW_MS));
    await sleep(DROP_SPAN_MS);
  }
  return figures;
}

async function runOutage(engine: EngineName, minutes: number, stage: Stage, conductor: Conductor) {
  const { members, world, endings } = stage;
  const before = rssOf(stage);
  const exitsBefore = endings.length;
  const alertsBefore = monitorAlerts(stage);
  const most = new Map(before);
  say(`${engine} is away for ${minutes} minutes`);
  const awayUntilMs = Date.now() + minutes * 60_000;
  await conductor.away(engine, async () => {
    for (; Date.now() < awayUntilMs; await sleep(1_000))
      for (const member of members)
        most.set(member.name, Math.max(most.get(member.name) ?? 0, member.sampleRss()));
  });
  const backMs = Date.now();
  say(`${engine} is back`);
  const isCaughtUp = await caughtUp(world.questdbPgPort, backMs);
  return {
    engine,
    minutes,
    catch_up_seconds: isCaughtUp ? Math.round((Date.now() - backMs) / 1_000) : null,
    exits_by_itself: endings.length - exitsBefore,
    monitor_alerts: monitorAlerts(stage) - alertsBefore,
    rss_mb_before: megabytes(before),
    rss_mb_max_away: megabytes(most),
  };
}

async function caughtUp(port: number, untilMs: number): Promise<boolean> {
  for (const endMs = Date.now() + CATCH_UP_MS_MAX; Date.now() < endMs; await sleep(1_000)) {
    const progress = await progressOf(port).catch(() => undefined);
    if (progress !== undefined && progress.judgedUntilMs >= untilMs) return true;
  }
  say(`not judged ${CATCH_UP_MS_MAX / 1_000} s after the return`);
  return false;
}

function monitorAlerts({ world, load }: Stage): number {
  return countPages(world.receiver, load.drops, WINDOW_MS).monitorAlerts;
}

function rssOf({ members }: Stage): Map<string, number> {
  return new Map(members.map((member) => [member.name, member.sampleRss()]));
}

function megabytes(bytes: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...bytes].map(([name, count]) => [name, Math.round(count / 1_048_576)]));
}

export function outageTable(outages: readonly OutageFigures[]): string {
  const lines = outages.map((outage) => {
    const memory = Object.entries(outage.rss_mb_before)
      .map(([name, mb]) => `${name} ${mb} → ${outage.rss_mb_max_away[name]}`)
      .join(", ");
    const caught =
      outage.catch_up_seconds === null ? "not caught up" : `caught up in ${outage.catch_up_seconds} s`;
    return [
      `${outage.engine} away for ${outage.minutes} minutes: ${caught}, ${outage.monitor_alerts} alerts of the monitor's own,`,
      `  ${outage.exits_by_itself} exits; RSS before → at most meanwhile, MB: ${memory}`,
    ].join("\n");
  });
  return lines.join("\n");
}
