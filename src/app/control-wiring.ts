/** What the control server is told of the run: how lanes are configured, what it depends on, what "now" is. */
import type { Clock } from "../base/clock.ts";
import { errorText } from "../base/errors.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { ControlOptions, ControlServer, Dependency } from "../control/contract.ts";
import { startControlServer, startHealthServer } from "../control/server.ts";
import type { RecordSource } from "../source/contract.ts";
import type { Store } from "../store/contract.ts";
import { References } from "./audit/references.ts";
import type { Config } from "./config/schema.ts";
import { type ExplainOptions, explainVerdict } from "./explain.ts";
import { compareWithOf, laneRules } from "./lane-settings.ts";
import { prove } from "./prove.ts";

export interface ControlParts {
  readonly config: Config;
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly eventNowMs?: () => number;
  /** How long after its end and lateness a window may go unjudged before it counts as missing, in event time. */
  readonly judgingMsMax?: number;
  readonly auditorOptions: ExplainOptions["auditorOptions"];
  /** The sources as they are then: the server answers before they are made. */
  readonly sources: () => readonly RecordSource[];
  readonly dependencies: readonly { readonly name: string; readonly ready: () => Promise<boolean> }[];
}

const JUDGING_MS_MAX = 60_000;
/** Windows that a request may have judged again; the command line has no such bound. */
const EXPLAIN_WINDOWS_MAX = 2_000;

export function controlOptions(parts: ControlParts): ControlOptions {
  const { config, store, clock, telemetry, eventNowMs } = parts;
  const lanes = laneRules(config);
  const compareWith = compareWithOf(config);
  const { host, port, token, publicUrl } = config.control;
  const references = new References({ store, clock, telemetry, compareWith: compareWithOf(config) });
  return {
    store,
    clock,
    telemetry,
    host,
    port,
    token,
    publicUrl,
    eventNowMs,
    explain: (verdict) =>
      explainVerdict(verdict, {
        store,
        references,
        auditorOptions: parts.auditorOptions,
        windowsMax: EXPLAIN_WINDOWS_MAX,
      }),
    prove: ({ offline, ...asked }) =>
      prove(
        {
          store,
          clock,
          sources: offline ? [] : parts.sources().filter(({ committed }) => committed !== undefined),
          whyNotAsked: offline ? "offline was asked for" : "no source's log is kept by a broker",
        },
        asked,
      ),
    readiness: () => Promise.all(parts.dependencies.map(ask)),
    configuredLanes: () =>
      config.lanes.rules.map(({ match }) => match).filter((match) => !match.includes("*")),
    laneSettings: (swimlane) => {
      const lane = lanes.of(swimlane);
      return {
        windowSizeMs: lane.window,
        latenessMs: lane.allowedLateness,
        judgingMsMax: parts.judgingMsMax ?? JUDGING_MS_MAX,
        pageBudgetPerWeek: lane.pageBudget,
        gate: { insufficient: "unknown" },
        compareWith: compareWith(swimlane),
      };
    },
  };
}

/** Every process answers probes; the control role serves people too, and does not run where it cannot. */
export async function startServer(
  options: ControlOptions,
  isForPeople: boolean,
): Promise<ControlServer | undefined> {
  if (isForPeople) return startControlServer(options);
  return startHealthServer(options).catch((error: unknown) => {
    options.telemetry.log(
      "warn",
      "probes and metrics of this process are not served: give it a control.port of its own",
      { port: options.port, error: errorText(error) },
    );
    return undefined;
  });
}

async function ask({ name, ready }: ControlParts["dependencies"][number]): Promise<Dependency> {
  const ok = await ready().catch(() => false);
  return { name, ok, detail: ok ? "answers" : "does not answer" };
}
