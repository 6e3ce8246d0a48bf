import { parseDurationMs } from "../../base/duration.ts";
import { type AskingFlags, askQuestion, misused } from "./asking.ts";
import { EXIT } from "./exit.ts";

interface GateFlags extends AskingFlags {
  readonly swimlane: string;
  readonly since: string;
  readonly json?: boolean;
}

interface GateAnswer {
  readonly answer: "pass" | "hold" | "unknown";
  readonly reasons: readonly (string | { readonly text?: string; readonly detail?: string })[];
}

/** Asks the control server: is this lane safe? */
export async function gateCommand(flags: GateFlags): Promise<number> {
  const { swimlane, since } = flags;
  if (parseDurationMs(since) === undefined)
    return misused(`--since "${since}" is not a length of time; write one such as 30m, 1h or 7d`);
  const path = `/v1/gate?swimlane=${encodeURIComponent(swimlane)}&since=${encodeURIComponent(since)}`;
  return await askQuestion<GateAnswer>(flags, path, (body) => {
    process.stdout.write(flags.json ? `${JSON.stringify(body, null, 2)}\n` : answerText(swimlane, body));
    return EXIT[body.answer === "pass" ? "ok" : body.answer];
  });
}

function answerText(swimlane: string, { answer, reasons }: GateAnswer): string {
  const lines = reasons.map(
    (reason) =>
      `  ${typeof reason === "string" ? reason : (reason.text ?? reason.detail ?? JSON.stringify(reason))}`,
  );
  return `${swimlane}: ${answer}\n${lines.length === 0 ? "" : `${lines.join("\n")}\n`}`;
}
