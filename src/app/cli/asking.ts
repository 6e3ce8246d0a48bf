/** Commands that ask the running service, and tell what it answered or why it did not. */
import { errorText } from "../../base/errors.ts";
import { RequestRefused } from "../../control/api-failure.ts";
import { readMoment } from "../../control/asked.ts";
import { loadConfig } from "../config/load.ts";
import { askControl, type ControlFlags, controlAddress } from "./control-address.ts";
import { EXIT } from "./exit.ts";

export interface AskingFlags extends ControlFlags {
  readonly config: string;
}

/** @returns the exit code: 0 answered, 64 refused as asked wrongly, 1 otherwise. */
export async function ask<Body>(
  flags: AskingFlags,
  path: string,
  init: Parameters<typeof askControl>[2],
  tell: (body: Body) => readonly string[],
): Promise<number> {
  const answered = (body: Body) => {
    process.stdout.write(`${tell(body).join("\n")}\n`);
    return EXIT.ok;
  };
  const unanswered = { prefix: "lanewatch", exit: EXIT.failed, safe: "Nothing was changed. " };
  return await askServer(flags, path, init, answered, unanswered);
}

/**
 * For a question whose exit code is the answer. Whatever keeps the server from answering is `unknown`: nobody trains
 * on a guess.
 * @returns what `answered` says, 64 refused as asked wrongly, 2 otherwise.
 */
export async function askQuestion<Body>(
  flags: AskingFlags,
  path: string,
  answered: (body: Body) => number,
): Promise<number> {
  return await askServer(flags, path, {}, answered, { prefix: "unknown", exit: EXIT.unknown, safe: "" });
}

interface Unanswered {
  readonly prefix: string;
  readonly exit: number;
  /** What a person may be sure of all the same; "" or a sentence. */
  readonly safe: string;
}

async function askServer<Body>(
  flags: AskingFlags,
  path: string,
  init: Parameters<typeof askControl>[2],
  answered: (body: Body) => number,
  { prefix, exit, safe }: Unanswered,
): Promise<number> {
  const address = await controlAddress(flags, () => loadConfig(flags.config, process.env));
  try {
    const { status, body } = await askControl<Body>(address, path, init);
    if (status === 200) return answered(body);
    const why = `${body.detail ?? `the control server answered ${status}`} ${body.next ?? ""}`;
    if (status === 400) return misused(why);
    process.stderr.write(`${prefix}: ${why}\n`);
    return exit;
  } catch (error) {
    process.stderr.write(
      `${prefix}: ${address.base} does not answer: ${errorText(error)}. ${safe}Check --url, or that the control role runs.\n`,
    );
    return exit;
  }
}

/** Says why a command can't be run as it was written. @returns its exit code. */
export function misused(why: string): number {
  process.stderr.write(`lanewatch: ${why.trimEnd()}\n`);
  return EXIT.usage;
}

/** @returns what is wrong with moments as they were typed; told before any server is asked. */
export function momentProblem(
  flags: Readonly<Partial<Record<"since" | "until", string>>>,
): string | undefined {
  try {
    for (const name of ["since", "until"] as const)
      if (flags[name] !== undefined) readMoment(flags[name], Date.now(), `--${name}`);
    return undefined;
  } catch (error) {
    return refusalText(error);
  }
}

/** What is wrong, and what to write instead. @throws whatever is no refusal. */
export function refusalText(error: unknown): string {
  if (!(error instanceof RequestRefused)) throw error;
  return `${error.answer.detail}. ${error.answer.next}`;
}

/** To the minute: what people compare with their own clock. */
export function iso(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 16)}Z`;
}
