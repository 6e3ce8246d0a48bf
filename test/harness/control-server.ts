/** A control server on a store, on a free port of this machine, for lanes that all have the same settings. */
import type { Clock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import type { ControlOptions, ControlServer, LaneSettings } from "../../src/control/contract.ts";
import { startControlServer } from "../../src/control/server.ts";
import type { Store } from "../../src/store/contract.ts";

export const LANE_SETTINGS: LaneSettings = {
  windowSizeMs: 60_000,
  latenessMs: 0,
  judgingMsMax: 1_000,
  pageBudgetPerWeek: 0.25,
  gate: { insufficient: "unknown" },
};

export function serveControl(
  store: Store,
  clock: Clock,
  lane: Partial<LaneSettings> = {},
  changes: Partial<ControlOptions> = {},
): Promise<ControlServer> {
  return startControlServer({
    store,
    telemetry: new Telemetry({ level: "silent" }),
    clock,
    host: "127.0.0.1",
    port: 0,
    readiness: async () => [],
    laneSettings: () => ({ ...LANE_SETTINGS, ...lane }),
    ...changes,
  });
}
