/** `incident list | feedback`: what is wrong now, and what a person made of it. Asks the running service. */
import { userInfo } from "node:os";
import type { FeedbackAnswer } from "../../control/incidents/wire-feedback.ts";
import type { IncidentsAnswer } from "../../control/incidents/wire-incidents.ts";
import { type AskingFlags, ask, iso, misused, momentProblem } from "./asking.ts";
import { textTable } from "./text-table.ts";

interface ListFlags extends AskingFlags {
  readonly swimlane?: string;
  readonly since?: string;
}

interface FeedbackFlags extends AskingFlags {
  readonly why?: string;
  readonly by?: string;
}

export async function incidentListCommand(flags: ListFlags): Promise<number> {
  const problem = momentProblem(flags);
  if (problem !== undefined) return misused(problem);
  const query = new URLSearchParams();
  if (flags.swimlane !== undefined) query.set("swimlane", flags.swimlane);
  if (flags.since !== undefined) query.set("since", flags.since);
  return await ask<IncidentsAnswer>(flags, `/v1/incidents?${query}`, {}, ({ incidents, truncated }) => [
    ...(incidents.length === 0
      ? ["no incidents"]
      : textTable(
          ["id", "state", "severity", "since", "title"],
          incidents.map(({ id, state, severity, startMs, title }) => [
            id,
            state,
            severity,
            iso(startMs),
            title,
          ]),
          5,
        )),
    ...(truncated ? ["there are more: ask for a shorter --since, or one --swimlane"] : []),
  ]);
}

export async function incidentFeedbackCommand(
  id: string,
  label: string,
  flags: FeedbackFlags,
): Promise<number> {
  const { why = "", by = userInfo().username } = flags;
  const path = `/v1/incidents/${encodeURIComponent(id)}/feedback`;
  const init = { method: "POST" as const, body: { label, by, reason: why } };
  return await ask<FeedbackAnswer>(flags, path, init, (said) => [
    `${said.incidentId}: ${said.label}, for windows from ${iso(said.appliesFromMs)} on`,
  ]);
}
