/** Commands that ask the running service, and tell what it answered or why it did not. */
import { errorText } from "../../base/errors.ts";
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
  const address = await controlAddress(flags, () => loadConfig(flags.config, process.env));
  try {
    const { status, body } = await askControl<Body>(address, path, init);
    if (status === 200) {
      process.stdout.write(`${tell(body).join("\n")}\n`);
      return EXIT.ok;
    }
    process.stderr.write(
      `lanewatch: ${body.detail ?? `the control server answered ${status}`} ${body.next ?? ""}\n`,
    );
    return status === 400 ? EXIT.usage : EXIT.failed;
  } catch (error) {
    process.stderr.write(
      `lanewatch: ${address.base} does not answer: ${errorText(error)}. Nothing was changed. Check --url, or that the control role runs.\n`,
    );
    return EXIT.failed;
  }
}

/** To the minute: what people compare with their own clock. */
export function iso(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 16)}Z`;
}
