import { request } from "undici";
import { parseDurationMs } from "../../base/duration.ts";
import { errorText } from "../../base/errors.ts";
import { loadConfig } from "../config/load.ts";
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
  const { base, token } = await whereToAsk(options);
  const address = `${base}/v1/gate?swimlane=${encodeURIComponent(options.swimlane)}&since=${encodeURIComponent(options.since)}`;
  try {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await request(address, { headers, headersTimeout: 30_000, bodyTimeout: 30_000 });
    const body = (await response.body.json()) as GateAnswer & { readonly detail?: string };
    if (response.statusCode === 400) {
      process.stderr.write(`lanewatch: ${body.detail ?? "the server refused the question"}\n`);
      return EXIT.usage;
    }
    if (response.statusCode !== 200)
      return unknown(`the control server answered ${response.statusCode}: ${body.detail ?? ""}`);
    process.stdout.write(
      options.json ? `${JSON.stringify(body, null, 2)}\n` : answerText(options.swimlane, body),
    );
    return EXIT[body.answer === "pass" ? "ok" : body.answer];
  } catch (error) {
    return unknown(
      `${base} does not answer: ${errorText(error)}. Check --url, or that the control role runs.`,
    );
  }
}

async function whereToAsk(
  options: GateOptions,
): Promise<{ readonly base: string; readonly token: string | undefined }> {
  if (options.url !== undefined) return { base: options.url.replace(/\/+$/, ""), token: options.token };
  const { control } = await loadConfig(options.config, process.env);
  const host = control.host === "0.0.0.0" || control.host === "::" ? "127.0.0.1" : control.host;
  return { base: `http://${host}:${control.port}`, token: options.token ?? control.token };
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
