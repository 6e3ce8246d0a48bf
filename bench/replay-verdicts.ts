/** The project's own replay, as the benches use it: one configuration, records in, verdicts out. */
import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseConfig } from "../src/app/config/load.ts";
import { loadDetectors } from "../src/app/detectors.ts";
import { replay } from "../src/app/replay.ts";
import { systemClock } from "../src/base/clock.ts";
import { Telemetry } from "../src/base/telemetry.ts";

/** A line of verdicts.jsonl, as far as the benches read it. */
export interface VerdictLine {
  readonly window_start: string;
  readonly window_end: string;
  readonly swimlane: string;
  readonly feature: string;
  readonly detector: string;
  readonly answer: "ok" | "anomalous" | "insufficient";
  readonly severity: "page" | "warn" | "info";
  readonly significance: number | null;
}

/**
 * @param yaml the one configuration of the bench.
 * @param path records in event-time order.
 */
export async function replayVerdicts(
  yaml: string,
  path: string,
  onVerdict: (verdict: VerdictLine) => void,
): Promise<void> {
  const outFolder = mkdtempSync(join(tmpdir(), "lanewatch-bench-"));
  try {
    const config = parseConfig(yaml, {});
    await replay({
      config,
      paths: [path],
      outFolder,
      detectors: await loadDetectors(config, "."),
      clock: systemClock,
      telemetry: new Telemetry({ level: "warn" }),
      asOfMs: Number.POSITIVE_INFINITY,
    });
    const lines = createInterface({ input: createReadStream(join(outFolder, "verdicts.jsonl")) });
    for await (const line of lines) onVerdict(JSON.parse(line) as VerdictLine);
  } finally {
    rmSync(outFolder, { recursive: true, force: true });
  }
}

/** "2026-11-23T09:00:00Z": as the harnesses write times. */
export function isoSeconds(time: string): string {
  return `${time.slice(0, 19)}Z`;
}
