/** `silence add | list | end`: asks the running service, whose deliveries the silences hold back. */
import { userInfo } from "node:os";
import type { SilenceAnswer, SilencesAnswer } from "../../control/incidents/wire-silences.ts";
import { type AskingFlags, ask, iso } from "./asking.ts";
import { textTable } from "./text-table.ts";

interface AddFlags extends AskingFlags {
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

export async function silenceEndCommand(id: string, flags: AskingFlags): Promise<number> {
  const path = `/v1/silences/${encodeURIComponent(id)}`;
  return await ask<SilenceAnswer>(flags, path, { method: "DELETE" }, (silence) => [
    `${silence.id}: ended ${iso(silence.endMs)}`,
  ]);
}

export async function silenceListCommand(flags: AskingFlags): Promise<number> {
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
