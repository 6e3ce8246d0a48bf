/** Where the latency goes: the age of windows at each stage, as the processes themselves tell it (`/metrics`). */

/** In their order; the first two are ages of segments, see docs/reference/metrics.md. */
const STAGES = ["stored", "read", "merged", "written", "found", "judged", "told"] as const;

export type Stage = (typeof STAGES)[number];

/** Seconds and counts by stage, over all processes. */
export type StageSums = ReadonlyMap<Stage, { readonly seconds: number; readonly count: number }>;

/** @param ports where the processes serve their metrics. */
export async function readStages(ports: readonly number[]): Promise<StageSums> {
  const texts = await Promise.all(
    ports.map(async (port) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()),
  );
  return new Map(
    STAGES.map((stage) => [
      stage,
      { seconds: sumOf(texts, "sum", stage), count: sumOf(texts, "count", stage) },
    ]),
  );
}

/** Mean age at each stage of what reached it between two readings, ms. */
export function meanAges(before: StageSums, after: StageSums): Readonly<Record<Stage, number>> {
  const ages = STAGES.map((stage) => {
    const seconds = after.get(stage)!.seconds - before.get(stage)!.seconds;
    return [stage, Math.round((1_000 * seconds) / (after.get(stage)!.count - before.get(stage)!.count))];
  });
  return Object.fromEntries(ages) as Record<Stage, number>;
}

/** A line a stage: its mean age, and how much of it came since the stage before. */
export function stageTable(ages: Readonly<Record<Stage, number>>): string {
  const lines = STAGES.map((stage, i) => {
    const step = ages[stage] - (i === 0 ? 0 : ages[STAGES[i - 1]!]);
    return `  ${stage.padEnd(9)}${String(ages[stage]).padStart(8)}${`+${step}`.padStart(9)}`;
  });
  return ["  mean age  at, ms      step", ...lines].join("\n");
}

function sumOf(texts: readonly string[], what: "sum" | "count", stage: Stage): number {
  const line = new RegExp(`^lanewatch_app_window_age_seconds_${what}\\{stage="${stage}"\\} (\\S+)$`, "m");
  return texts.reduce((sum, text) => sum + Number(line.exec(text)?.[1] ?? 0), 0);
}
