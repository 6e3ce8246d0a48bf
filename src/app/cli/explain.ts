/** `lanewatch explain VERDICT`: the number again, from stored rows. */
import { dirname, resolve } from "node:path";
import { systemClock } from "../../base/clock.ts";
import { errorText, OperationalError } from "../../base/errors.ts";
import { Telemetry } from "../../base/telemetry.ts";
import type { ExplainAnswer } from "../../control/verdicts/wire-explain.ts";
import { parseVerdictName, type VerdictKey } from "../../store/verdict-key.ts";
import { References } from "../audit/references.ts";
import { auditorOptionsOf } from "../auditor-options.ts";
import { loadConfig } from "../config/load.ts";
import { loadDetectors } from "../detectors.ts";
import { explainVerdict } from "../explain.ts";
import { compareWithOf } from "../lane-settings.ts";
import { askControl, type ControlFlags, controlAddress } from "./control-address.ts";
import { EXIT } from "./exit.ts";
import { explainText } from "./explain-text.ts";
import { progressBar } from "./progress.ts";
import { openHistory } from "./stored-history.ts";

interface ExplainCommandOptions extends ControlFlags {
  readonly config: string;
  readonly store?: string;
  readonly json?: boolean;
}

export async function explainCommand(name: string, options: ExplainCommandOptions): Promise<number> {
  const key = parseVerdictName(name);
  if (key === undefined) {
    process.stderr.write(
      `lanewatch: "${name}" is not a verdict's name; one looks like prod/clicks/price/psi/2026-11-23T14:05Z/1m (lane, source, ` +
        "feature or - for the records, detector, window start, window size)\n",
    );
    return EXIT.usage;
  }
  const answer = await explained(key, name, options);
  if (typeof answer === "string") {
    process.stderr.write(`unknown: ${answer}\n`);
    return EXIT.unknown;
  }
  process.stdout.write(options.json ? `${JSON.stringify(answer, null, 2)}\n` : explainText(answer));
  return answer.outcome === "equal" ? EXIT.ok : answer.outcome === "differs" ? EXIT.hold : EXIT.unknown;
}

/** The answer, or why there is none. A file that a running service holds is asked about through that service. */
async function explained(
  key: VerdictKey,
  name: string,
  options: ExplainCommandOptions,
): Promise<ExplainAnswer | string> {
  if (options.url !== undefined) return await fromServer(name, options);
  try {
    return await fromStore(key, name, options);
  } catch (error) {
    if (!(error instanceof OperationalError) || error.code !== "STORE_LOCKED") throw error;
    return await fromServer(name, options);
  }
}

async function fromStore(
  key: VerdictKey,
  name: string,
  options: ExplainCommandOptions,
): Promise<ExplainAnswer | string> {
  const config = await loadConfig(options.config, process.env);
  const detectors = await loadDetectors(config, dirname(resolve(options.config)));
  const telemetry = new Telemetry({ level: "warn" });
  const store = await openHistory(config, options.store, telemetry);
  const bar = progressBar(process.stderr, options.json !== true);
  try {
    const answer = await explainVerdict(key, {
      store,
      references: new References({
        store,
        clock: systemClock,
        telemetry,
        compareWith: compareWithOf(config),
      }),
      auditorOptions: auditorOptionsOf(config, detectors),
      windowsMax: Number.POSITIVE_INFINITY,
      onProgress: (count) => bar.show(undefined, `${count} windows judged`),
    });
    return answer ?? `the store has no verdict ${name}`;
  } finally {
    bar.end();
    await store.close();
  }
}

async function fromServer(name: string, options: ExplainCommandOptions): Promise<ExplainAnswer | string> {
  const address = await controlAddress(options, () => loadConfig(options.config, process.env));
  try {
    const path = `/v1/explain?verdict=${encodeURIComponent(name)}`;
    const { status, body } = await askControl<ExplainAnswer>(address, path);
    if (status === 200) return body;
    return `the control server answered ${status}: ${body.detail ?? ""} ${body.next ?? ""}`;
  } catch (error) {
    return `${address.base} does not answer: ${errorText(error)}. Check --url, or that the control role runs.`;
  }
}
