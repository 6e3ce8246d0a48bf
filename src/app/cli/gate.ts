import { parseDurationMs } from "../../base/duration.ts";
import { errorText } from "../../base/errors.ts";
import { loadConfig } from "../config/load.ts";
import { askControl, controlAddress } from "./control-address.ts";
import { EXIT } from "./exit.ts";

interface GateOptions {
  readonly swimlane: string;
  readonly since: string;
  readonly url?: string;
  readonly token?: string;
  readonly config: string;
  readonly json?: boolean;
}

interface GateAnswer {
  readonly answer: "pass" | "hold" | "unknown";
  readonly reasons: readonly (string | { readonly text?: string; readonly detail?: string })[];
}

/** Asks the control server. Whatever keeps it from answering is `unknown`: nobody trains on a guess. */
export async function gateCommand(options: GateOptions): Promise<number> {
  if (parseDurationMs(options.since) === undefined) {
    process.stderr.write(
      `lanewatch: --since "${options.since}" is not a length of time; write one such as 30m, 1h or 7d\n`,
    );
    return EXIT.usage;
  }
  const address = await controlAddress(options, () => loadConfig(options.config, process.env));
  const path = `/v1/gate?swimlane=${encodeURIComponent(options.swimlane)}&since=${encodeURIComponent(options.since)}`;
  try {
    const { status, body } = await askControl<GateAnswer>(address, path);
    if (status === 400) {
      process.stderr.write(`lanewatch: ${body.detail ?? "the server refused the question"}\n`);
      return EXIT.usage;
    }
    if (status !== 200) return unknown(`the control server answered ${status}: ${body.detail ?? ""}`);
    process.stdout.write(
      options.json ? `${JSON.stringify(body, null, 2)}\n` : answerText(options.swimlane, body),
    );
    return EXIT[body.answer === "pass" ? "ok" : body.answer];
  } catch (error) {
    return unknown(
      `${address.base} does not answer: ${errorText(error)}. Check --url, or that the control role runs.`,
    );
  }
}

function answerText(swimlane: string, { answer, reasons }: GateAnswer): string {
  const lines = reasons.map(
    (reason) =>
      `  ${typeof reason === "string" ? reason : (reason.text ?? reason.detail ?? JSON.stringify(reason))}`,
  );
  return `${swimlane}: ${answer}\n${lines.length === 0 ? "" : `${lines.join("\n")}\n`}`;
}

function unknown(why: string): number {
  process.stderr.write(`unknown: ${why}\n`);
  return EXIT.unknown;
}
