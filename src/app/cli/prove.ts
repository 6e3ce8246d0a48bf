/** `lanewatch prove`: records in the log against records accounted for, from the store's manifests and the broker. */
import { systemClock } from "../../base/clock.ts";
import { errorText, OperationalError } from "../../base/errors.ts";
import { Telemetry } from "../../base/telemetry.ts";
import { readMoment } from "../../control/asked.ts";
import type { ProofAnswer } from "../../control/proof/wire-proof.ts";
import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { makeSource } from "../plug-ins.ts";
import { type ProveAsked, prove } from "../prove.ts";
import { refusalText } from "./asking.ts";
import { askControl, type ControlFlags, controlAddress } from "./control-address.ts";
import { EXIT } from "./exit.ts";
import { proofText } from "./proof-text.ts";
import { openHistory } from "./stored-history.ts";

interface ProveFlags extends ControlFlags {
  readonly config: string;
  readonly store?: string;
  readonly topic?: string;
  readonly since?: string;
  readonly until?: string;
  readonly offline?: boolean;
  readonly sql?: boolean;
  readonly json?: boolean;
}

export async function proveCommand(flags: ProveFlags): Promise<number> {
  const asked = readFlags(flags);
  if (typeof asked === "string") {
    process.stderr.write(`lanewatch: ${asked}\n`);
    return EXIT.usage;
  }
  const config = await loadConfig(flags.config, process.env);
  try {
    const answer = await proven(config, asked, flags);
    if (typeof answer === "string") return unknown(answer);
    return report(answer, flags);
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    return unknown(error.message);
  }
}

function report(answer: ProofAnswer, flags: ProveFlags): number {
  if (flags.sql) {
    if (answer.sql === "") return unknown(answer.reasons.join("; "));
    process.stdout.write(`${answer.sql};\n`);
  } else process.stdout.write(flags.json ? `${JSON.stringify(answer, null, 2)}\n` : proofText(answer));
  return { proven: EXIT.ok, broken: EXIT.failed, unknown: EXIT.unknown }[answer.result];
}

/** The answer, or why there is none. A file that a running service holds is asked about through that service. */
async function proven(config: Config, asked: ProveAsked, flags: ProveFlags): Promise<ProofAnswer | string> {
  if (flags.url !== undefined) return await fromServer(flags);
  try {
    return await fromStore(config, asked, flags);
  } catch (error) {
    if (!(error instanceof OperationalError) || error.code !== "STORE_LOCKED") throw error;
    return await fromServer(flags);
  }
}

async function fromStore(config: Config, asked: ProveAsked, flags: ProveFlags): Promise<ProofAnswer> {
  const telemetry = new Telemetry({ level: "error" });
  const store = await openHistory(config, flags.store, telemetry);
  const { names, why } = brokersOf(config, flags);
  const context = { clock: systemClock, telemetry, watermarkMs: () => Number.NEGATIVE_INFINITY };
  const sources = names.map((name) => makeSource(name, config, context));
  try {
    return await prove({ store, clock: systemClock, sources, whyNotAsked: why }, asked);
  } finally {
    await Promise.all(sources.map((source) => source.stop()));
    await store.close();
  }
}

/** Sources whose log a broker keeps, and why none is asked where none is. */
function brokersOf(config: Config, flags: ProveFlags): { names: readonly string[]; why: string } {
  if (flags.offline) return { names: [], why: "--offline" };
  if (flags.store !== undefined) return { names: [], why: "--store names a file" };
  const names = Object.entries(config.sources).flatMap(([name, { type }]) =>
    type === "kafka" ? [name] : [],
  );
  return { names, why: "no source of type kafka is configured" };
}

async function fromServer(flags: ProveFlags): Promise<ProofAnswer | string> {
  const address = await controlAddress(flags, () => loadConfig(flags.config, process.env));
  const query = new URLSearchParams();
  for (const name of ["topic", "since", "until"] as const)
    if (flags[name] !== undefined) query.set(name, flags[name]);
  // Without a period the command line means everything; the server's own default is the last day.
  if (flags.since === undefined) query.set("since", "all");
  if (flags.offline) query.set("offline", "true");
  try {
    const { status, body } = await askControl<ProofAnswer>(address, `/v1/proof?${query}`);
    return status === 200
      ? body
      : `the control server answered ${status}: ${body.detail ?? ""} ${body.next ?? ""}`;
  } catch (error) {
    return `${address.base} does not answer: ${errorText(error)}. Check --url, or that the control role runs.`;
  }
}

/** @returns what is wrong with them, when something is. */
function readFlags({ topic, since, until, sql, json }: ProveFlags): ProveAsked | string {
  if (sql && json) return "--sql and --json exclude each other; the JSON has the query as `sql`";
  try {
    const nowMs = Date.now();
    const sinceMs = since === undefined ? Number.NEGATIVE_INFINITY : readMoment(since, nowMs, "--since");
    const untilMs = until === undefined ? Number.POSITIVE_INFINITY : readMoment(until, nowMs, "--until");
    if (sinceMs >= untilMs) return "--since is not before --until: no record lies between them";
    return { ...(topic === undefined ? {} : { topic }), sinceMs, untilMs };
  } catch (error) {
    return refusalText(error);
  }
}

function unknown(why: string): number {
  process.stderr.write(`unknown: ${why}\n`);
  return EXIT.unknown;
}
