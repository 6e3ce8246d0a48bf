/** Everything embedded, on made-up lanes with labelled faults: what Lanewatch does, within a minute. */
import { systemClock } from "../../base/clock.ts";
import { Telemetry } from "../../base/telemetry.ts";
import { syntheticOptionsSchema } from "../../source/synthetic/options.ts";
import { SyntheticSource } from "../../source/synthetic/synthetic-source.ts";
import type { IncidentRow } from "../../store/contract.ts";
import { parseConfig } from "../config/load.ts";
import { loadDetectors } from "../detectors.ts";
import { ROLES, Service } from "../service.ts";
import { EXIT } from "./exit.ts";
import { untilSignal } from "./signals.ts";

const WINDOW_MINUTES = 30;
/** The demo's time lies in the past, so that no clock can call it the future however long it runs. */
const BEHIND_MS = 400 * 86_400_000;
const HISTORY_WINDOWS = 1_344;

interface DemoOptions {
  readonly port: string;
  readonly speed: string;
  readonly windows?: string;
}

export async function demoCommand(options: DemoOptions): Promise<number> {
  const [port, windowEveryMs, liveWindowsMax] = [options.port, options.speed, options.windows].map((text) =>
    text === undefined ? undefined : Number(text),
  );
  if (
    !isWhole(port, 0, 65_535) ||
    !isWhole(windowEveryMs, 10, 60_000) ||
    (liveWindowsMax !== undefined && !isWhole(liveWindowsMax, 1, 1e6))
  ) {
    process.stderr.write(
      "lanewatch: --port takes 0 to 65535, --speed 10 to 60000 ms, --windows a whole number\n",
    );
    return EXIT.usage;
  }
  const say = (text: string) => process.stdout.write(`${text}\n`);
  const config = parseConfig(demoConfig(port), {}, "demo");
  const telemetry = new Telemetry({ level: "warn" });
  let judgedMs = Date.now() - BEHIND_MS;
  const service = new Service({
    config,
    roles: new Set(ROLES),
    detectors: await loadDetectors(config, "."),
    clock: systemClock,
    telemetry,
    environment: {},
    // The demo's "now" is what has been judged, or the page would call its lanes silent while history is made.
    eventNowMs: () => judgedMs,
    judgingMsMax: 12 * 3_600_000,
    makeSource: (name, _config, context) => {
      const start = new Date(Date.now() - BEHIND_MS).toISOString();
      const made = syntheticOptionsSchema.parse({
        start,
        windowMinutes: WINDOW_MINUTES,
        historyWindows: HISTORY_WINDOWS,
        windowEveryMs,
        liveWindowsMax,
      });
      return new SyntheticSource(name, made, context, {
        onFault: (fault, startMs) =>
          say(`${timeText(startMs)}  fault begins   ${fault.swimlane}: ${fault.label}`),
      });
    },
    observers: {
      onJudged: (judged) => {
        for (const { complete } of judged)
          judgedMs = Math.max(judgedMs, complete.window.windowStartMs + complete.window.windowSizeMs);
      },
      onIncidents: (changed) => {
        for (const row of changed) if (isNews(row)) tell(row, say);
      },
    },
  });
  const told = new Map<string, string>();
  const isNews = (row: IncidentRow) =>
    row.state !== "pending" && told.get(row.id) !== row.state && told.set(row.id, row.state) !== undefined;
  const code = await untilSignal(service, telemetry, () => {
    say(`Lanewatch demo: open ${service.url}`);
    say(
      `Three lanes, four weeks of history being made now, then half an hour of their time every ${windowEveryMs} ms. Ctrl-C ends it.`,
    );
  });
  say("The demo has ended.");
  return code;
}

function tell(row: IncidentRow, say: (text: string) => void): void {
  say(`${timeText(row.changedAtMs)}  incident ${row.state.padEnd(8)}  ${row.title}`);
}

function demoConfig(port: number): string {
  return `
lanes: { defaults: { window: ${WINDOW_MINUTES}m, allowedLateness: 1ms, lateMax: 10000d, futureMax: 10000d, pageBudget: 0.25, coarser: [1d] } }
sources: { demo: { type: synthetic } }
store: { type: duckdb, path: ":memory:" }
queue: { type: inline }
control: { host: 127.0.0.1, port: ${port} }
logLevel: warn
`;
}

function timeText(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 16).replace("T", " ");
}

function isWhole(value: number | undefined, min: number, max: number): value is number {
  return value !== undefined && Number.isInteger(value) && value >= min && value <= max;
}
