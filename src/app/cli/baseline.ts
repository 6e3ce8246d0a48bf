/** `baseline import | promote | list | retire`: what lanes are held to beside their own past. */
import { userInfo } from "node:os";
import { request } from "undici";
import type { Severity } from "../../../detectors/contract.ts";
import { compilePattern } from "../../assign/lane.ts";
import { importBaseline, promoteBaseline, retireBaseline } from "../../audit/reference/keep-baseline.ts";
import { systemClock } from "../../base/clock.ts";
import { errorText, OperationalError } from "../../base/errors.ts";
import { Telemetry } from "../../base/telemetry.ts";
import { baselineAnswer } from "../../control/baselines/baselines-endpoints.ts";
import type {
  BaselineAnswer,
  BaselinesAnswer,
  PromotedAnswer,
} from "../../control/baselines/wire-baselines.ts";
import { profileToRecord } from "../../sketch/profile-record.ts";
import type { Store } from "../../store/contract.ts";
import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { laneRules } from "../lane-settings.ts";
import { openStore } from "../plug-ins.ts";
import { type ReadBaseline, readBaseline } from "../read-baseline.ts";
import { EXIT } from "./exit.ts";
import { refuseMissingStore } from "./stored-history.ts";
import { textTable } from "./text-table.ts";

/** Where the baselines are: in the configured store, or behind a running service that has it open. */
export interface WhereOptions {
  readonly config: string;
  readonly url?: string;
  readonly token?: string;
}

export interface KeepOptions extends WhereOptions {
  readonly swimlane: string;
  readonly source: string;
  readonly name: string;
  readonly by?: string;
  readonly reason: string;
  readonly severity: Severity;
}

interface Opened {
  readonly store: Store;
  readonly config: Config;
}

export async function importCommand(
  paths: readonly string[],
  options: KeepOptions & { readonly feature?: string; readonly since?: string; readonly until?: string },
): Promise<number> {
  const span = [options.since, options.until].map((text) =>
    text === undefined ? Number.NaN : Date.parse(text),
  );
  if ([options.since, options.until].some((text, i) => text !== undefined && Number.isNaN(span[i])))
    return usage("--since and --until take a time such as 2026-11-23T09:00:00Z");
  const read = await readBaseline(paths, options);
  const { features, windowCount } = read;
  const given = {
    ...keptOf(options),
    origin: paths.join(", "),
    features,
    windowCount,
    sinceMs: options.since === undefined ? read.sinceMs : span[0]!,
    untilMs: options.until === undefined ? read.untilMs : span[1]!,
  };
  const row = await at(
    options,
    async ({ store }) => {
      await warnOfUnknownLane(store, options);
      return baselineAnswer(await importBaseline({ store, clock: systemClock }, given));
    },
    (call) => call<BaselineAnswer>("POST", "/v1/baselines/import", importBody(given)),
    true,
  );
  const parts = read.features.map(
    ({ feature, known }) => `  ${feature}: ${known.join(", ") || "counts of values"}`,
  );
  say([`Imported ${described(row)}`, ...parts, heldFrom(row)]);
  return EXIT.ok;
}

export async function promoteCommand(
  options: KeepOptions & {
    readonly since: string;
    readonly until: string;
    readonly includeAnomalous?: boolean;
  },
): Promise<number> {
  const [sinceMs, untilMs] = [Date.parse(options.since), Date.parse(options.until)];
  if (!(sinceMs < untilMs))
    return usage("--since and --until take times such as 2026-11-23T09:00:00Z, the first before the second");
  const { includeAnomalous = false } = options;
  const promoted = await at(
    options,
    async ({ store, config }): Promise<PromotedAnswer> => {
      const windowSizeMs = laneRules(config).of(options.swimlane).window;
      const span = { sinceMs, untilMs, windowSizeMs, includeAnomalous };
      const { baseline, excluded } = await promoteBaseline(
        { store, clock: systemClock },
        { ...keptOf(options), ...span },
      );
      return { ...baselineAnswer(baseline), excluded: Object.fromEntries(excluded) };
    },
    (call) => {
      const span = { since: String(sinceMs), until: String(untilMs), includeAnomalous };
      return call<PromotedAnswer>("POST", "/v1/baselines/promote", { ...keptOf(options), ...span });
    },
  );
  const left = Object.entries(promoted.excluded).map(
    ([feature, count]) => `  ${feature}: ${count} anomalous windows left out`,
  );
  say([`Promoted ${described(promoted)}`, ...left, heldFrom(promoted)]);
  return EXIT.ok;
}

export async function retireCommand(options: Omit<KeepOptions, "severity">): Promise<number> {
  const { severity: _severity, ...retired } = keptOf({ ...options, severity: "page" });
  const row = await at(
    options,
    async ({ store }) => baselineAnswer(await retireBaseline({ store, clock: systemClock }, retired)),
    (call) => call<BaselineAnswer>("POST", "/v1/baselines/retire", retired),
  );
  say([`Retired ${described(row)}`, "  Running services stop holding windows to it within 15 s."]);
  return EXIT.ok;
}

export async function listCommand(
  options: WhereOptions & {
    readonly swimlane?: string;
    readonly source?: string;
    readonly all?: boolean;
    readonly json?: boolean;
  },
): Promise<number> {
  const { swimlane, source } = options;
  const baselines = await at(
    options,
    async ({ store }) => {
      const rows = await store.readBaselines({ swimlane, source });
      const shown = rows.filter((row) => options.all || Number.isNaN(row.retiredAtMs));
      return shown.map(baselineAnswer).reverse();
    },
    async (call) => {
      const asked = Object.entries({ swimlane, source, retired: String(options.all ?? false) });
      const query = new URLSearchParams(
        asked.filter((entry): entry is [string, string] => entry[1] !== undefined),
      );
      return (await call<BaselinesAnswer>("GET", `/v1/baselines?${query}`)).baselines;
    },
  );
  if (options.json) say(baselines.map((row) => JSON.stringify(row)));
  else say(listText(baselines));
  return EXIT.ok;
}

/** A baseline may be there before its lane; mostly, though, a lane that is not there is a typing error. */
async function warnOfUnknownLane(store: Store, { swimlane, source }: KeepOptions): Promise<void> {
  const lanes = await store.readLanes();
  const pattern = compilePattern(swimlane);
  if (lanes.length === 0 || lanes.some((lane) => pattern.test(lane.swimlane) && lane.source === source))
    return;
  const known = lanes.slice(0, 5).map((lane) => `${lane.swimlane} (source ${lane.source})`);
  process.stderr.write(
    `lanewatch: no window of lane "${swimlane}", source "${source}" is stored yet; there are ${known.join(", ")}${lanes.length > 5 ? ", …" : ""}\n`,
  );
}

function listText(baselines: readonly BaselineAnswer[]): readonly string[] {
  if (baselines.length === 0) return ["No baselines: lanes are held to their own past only."];
  const head = ["lane", "source", "baseline", "made", "by", "data", "why", "features", "windows"];
  const rows = baselines.map((row) => [
    row.swimlane,
    row.source,
    `${row.reference}${row.retiredAtMs === null ? "" : " (retired)"}`,
    day(row.createdAtMs),
    row.createdBy,
    row.sinceMs === null && row.untilMs === null ? row.origin : `${day(row.sinceMs)} to ${day(row.untilMs)}`,
    row.retiredAtMs === null
      ? row.reason
      : `retired ${day(row.retiredAtMs)} by ${row.retiredBy}: ${row.retiredReason}`,
    String(row.featureCount),
    row.windowCount === null ? "" : String(row.windowCount),
  ]);
  return textTable(head, rows, 7);
}

function keptOf({ swimlane, source, name, by, reason, severity }: KeepOptions) {
  return { swimlane, source, name, by: by ?? userInfo().username, reason, severity };
}

function importBody(
  given: ReturnType<typeof keptOf> & Omit<ReadBaseline, "swimlane" | "source"> & { readonly origin: string },
) {
  const { features, sinceMs, untilMs, windowCount, ...rest } = given;
  const moment = (ms: number) => (Number.isNaN(ms) ? undefined : String(ms));
  return {
    ...rest,
    since: moment(sinceMs),
    until: moment(untilMs),
    windowCount: Number.isNaN(windowCount) ? undefined : windowCount,
    features: Object.fromEntries(
      features.map(({ feature, profile, known, recordCount }) => [
        feature,
        { recordCount, profile: knownRecord(profileToRecord(profile), known) },
      ]),
    ),
  };
}

/** As much of a record as was given: counts that were derived are not sent, or they would count as told. */
function knownRecord(record: Record<string, unknown>, known: ReadBaseline["features"][number]["known"]) {
  const { present_count, null_count, hll, frequent, ...rest } = record;
  return {
    ...rest,
    ...(known.includes("names") ? { frequent } : {}),
    ...(known.includes("counts") ? { present_count, null_count } : {}),
    ...(known.includes("distinct") ? { hll } : {}),
  };
}

type Call = <Answer>(method: "GET" | "POST", path: string, body?: unknown) => Promise<Answer>;

/** @param makesStore a baseline may be imported before the service has run for the first time; there is nothing else to find then. */
async function at<T>(
  options: WhereOptions,
  local: (opened: Opened) => Promise<T>,
  remote: (call: Call) => Promise<T>,
  makesStore = false,
): Promise<T> {
  if (options.url !== undefined) return remote(callerOf(options.url, options.token));
  const config = await loadConfig(options.config, process.env);
  if (!makesStore) refuseMissingStore(config.store);
  const telemetry = new Telemetry({ level: "warn" });
  const store = openStore(config, { clock: systemClock, telemetry }, process.env);
  try {
    await store.open();
  } catch (error) {
    if (!(error instanceof OperationalError) || error.code !== "STORE_LOCKED") throw error;
    throw new OperationalError(
      `${error.message} Or ask the service that has it open: add --url http://${config.control.host}:${config.control.port}.`,
      { code: error.code, retryable: false, cause: error },
    );
  }
  try {
    return await local({ store, config });
  } finally {
    await store.close();
  }
}

function callerOf(url: string, token: string | undefined): Call {
  const base = url.replace(/\/+$/, "");
  return async <Answer>(method: "GET" | "POST", path: string, body?: unknown): Promise<Answer> => {
    const headers = {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const sent = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
    const response = await request(`${base}${path}`, sent).catch((cause: unknown) => {
      throw new OperationalError(
        `${base} does not answer: ${errorText(cause)}. Nothing was changed. Check --url, or that the control role runs.`,
        { code: "CONTROL_UNREACHABLE", retryable: true, cause },
      );
    });
    const answer = (await response.body.json()) as Answer & {
      error?: string;
      detail?: string;
      next?: string;
    };
    if (response.statusCode === 200) return answer;
    throw new OperationalError(
      `${answer.detail ?? `${base} answered ${response.statusCode}`} ${answer.next ?? ""}`.trim(),
      {
        code: answer.error ?? "CONTROL_REFUSED",
        retryable: false,
      },
    );
  };
}

function described(row: BaselineAnswer): string {
  return `"${row.name}" for lane "${row.swimlane}", source "${row.source}": ${row.featureCount} features${row.windowCount === null ? "" : ` of ${row.windowCount} windows`}`;
}

function heldFrom(row: BaselineAnswer): string {
  const from =
    row.heldFromMs === null ? "" : ` that start at ${new Date(row.heldFromMs).toISOString()} or later`;
  return `  Windows${from} are held to it as ${row.reference}; running services take it up within 15 s.`;
}

function day(ms: number | null): string {
  return ms === null ? "?" : new Date(ms).toISOString().slice(0, 10);
}

function say(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
}

function usage(problem: string): number {
  process.stderr.write(`lanewatch: ${problem}\n`);
  return EXIT.usage;
}
