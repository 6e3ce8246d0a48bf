/** `silence add | list | end`: asks the running service, whose deliveries the silences hold back. */
import { userInfo } from "node:os";
import { errorText } from "../../base/errors.ts";
import type { SilenceAnswer, SilencesAnswer } from "../../control/wire-silences.ts";
import { loadConfig } from "../config/load.ts";
import { askControl, type ControlFlags, controlAddress } from "./control-address.ts";
import { EXIT } from "./exit.ts";
import { textTable } from "./text-table.ts";

interface Flags extends ControlFlags {
  readonly config: string;
}

interface AddFlags extends Flags {
  readonly swimlane?: string;
  readonly source?: string;
  readonly feature?: string;
  readonly detector?: string;
  readonly for: string;
  readonly reason: string;
  readonly by?: string;
}

export async function silenceAddCommand(flags: AddFlags): Promise<number> {
  const { swimlane, source, feature, detector, for: length, reason, by = userInfo().username } = flags;
  const body = { swimlane, source, feature, detector, for: length, reason, by };
  return await ask<SilenceAnswer>(flags, "/v1/silences", { method: "POST", body }, (silence) => [
    `${silence.id}: silent until ${iso(silence.endMs)}`,
  ]);
}

export async function silenceEndCommand(id: string, flags: Flags): Promise<number> {
  const path = `/v1/silences/${encodeURIComponent(id)}`;
  return await ask<SilenceAnswer>(flags, path, { method: "DELETE" }, (silence) => [
    `${silence.id}: ended ${iso(silence.endMs)}`,
  ]);
}

export async function silenceListCommand(flags: Flags): Promise<number> {
  return await ask<SilencesAnswer>(flags, "/v1/silences", {}, ({ silences }) =>
    silences.length === 0
      ? ["no silences"]
      : textTable(
          ["id", "state", "until", "lane", "source", "feature", "detector", "by", "reason"],
          silences.map((s) => [
            s.id,
            s.state,
            iso(s.endMs),
            s.swimlane ?? "*",
            s.source ?? "*",
            s.feature ?? "*",
            s.detector ?? "*",
            s.createdBy,
            s.reason,
          ]),
          9,
        ),
  );
}

async function ask<Body>(
  flags: Flags,
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

function iso(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 16)}Z`;
}
