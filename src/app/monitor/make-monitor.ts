/** What a process watches of itself and of the engines, by its roles, and whom it tells. */
import type { MonitorAlert } from "../../notify/monitor.ts";
import { MonitorWatch } from "./monitor-watch.ts";
import { type ProbeParts, readingProbes, sharedProbes } from "./probes.ts";

export interface MonitorParts extends ProbeParts {
  readonly roles: ReadonlySet<string>;
  readonly tell: (alert: MonitorAlert) => boolean;
}

/** The role `notify`, of which there is one, tells people; the others' own sights are in their logs and metrics. */
export function makeMonitor(parts: MonitorParts): MonitorWatch {
  const { config, clock, telemetry, roles, tell } = parts;
  return new MonitorWatch({
    probes: [
      ...(roles.has("notify") ? sharedProbes(parts) : []),
      ...(roles.has("ingest") ? readingProbes(parts) : []),
    ],
    clock,
    telemetry,
    clearMs: config.monitor.clear,
    tell: roles.has("notify") ? tell : undefined,
  });
}
