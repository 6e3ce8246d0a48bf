/** Muting by hand, always with an end. What is silenced is still judged, kept and shown; only nobody is told. */
import { z } from "zod";
import { hashText } from "../../base/random.ts";
import { readSilences, type Silence, writeSilence } from "../../incident/silence.ts";
import { RequestRefused } from "../api-failure.ts";
import { name, readWindowSize } from "../asked.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import type { Knowledge } from "../knowledge.ts";
import type { SilenceAnswer, SilencesAnswer } from "./wire-silences.ts";

const pattern = (of: string) =>
  name.min(1).optional().describe(`Pattern over ${of}, "*" for any characters; all when left out.`);

const silenceBody = z.strictObject({
  swimlane: pattern("lanes"),
  source: pattern("sources"),
  feature: pattern("features"),
  detector: pattern("detectors"),
  for: z.string().max(32).describe('How long, such as "2h"; at most 30 days.'),
  reason: name.trim().min(1).max(500).describe("Why: it stands beside what was muted."),
  by: name.trim().min(1).max(200).describe("Who mutes."),
});

export function silencesEndpoints(knowledge: Knowledge): readonly Endpoint[] {
  return [
    endpoint({
      path: "/v1/silences",
      summary: "Silences that are in force, or ended within the last day.",
      answers: "SilencesAnswer",
      run: () => list(knowledge),
    }),
    endpoint({
      method: "POST",
      path: "/v1/silences",
      summary: "Mutes what matches until it ends. An incident is muted only when all of its members match.",
      answers: "SilenceAnswer",
      body: silenceBody,
      run: ({ body }) => add(knowledge, body),
    }),
    endpoint({
      method: "DELETE",
      path: "/v1/silences/:id",
      summary: "Ends a silence now. One that has ended already stays as it is.",
      answers: "SilenceAnswer",
      params: z.strictObject({ id: z.string().min(1).max(64).describe("The silence's id.") }),
      run: ({ params }) => end(knowledge, params.id),
    }),
  ];
}

async function list({ options: { store, clock } }: Knowledge): Promise<SilencesAnswer> {
  const silences = await readSilences(store);
  return { silences: [...silences].reverse().map((silence) => silenceAnswer(silence, clock.nowMs())) };
}

async function add(knowledge: Knowledge, body: z.output<typeof silenceBody>): Promise<SilenceAnswer> {
  const { clock } = knowledge.options;
  const { for: length, by, reason, ...given } = body;
  const matcher = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  if (Object.keys(matcher).length === 0)
    throw new RequestRefused(
      400,
      "REQUEST_INVALID",
      "The silence names nothing: it would mute everything.",
      'Give at least one of swimlane, source, feature, detector; "*" if you do mean everything.',
    );
  const startMs = clock.nowMs();
  const lengthMs = readWindowSize(length, 0, "for");
  const id = `sil-${hashText(JSON.stringify([startMs, matcher, by, reason]))
    .toString(16)
    .padStart(8, "0")}`;
  const silence: Silence = { ...matcher, id, startMs, endMs: startMs + lengthMs, reason, createdBy: by };
  await write(knowledge, silence);
  return silenceAnswer(silence, startMs);
}

async function end(knowledge: Knowledge, id: string): Promise<SilenceAnswer> {
  const { store, clock } = knowledge.options;
  const silence = (await readSilences(store)).find((each) => each.id === id);
  if (silence === undefined)
    throw new RequestRefused(
      404,
      "SILENCE_UNKNOWN",
      `No silence has the id "${id}".`,
      "GET /v1/silences lists them.",
    );
  const nowMs = clock.nowMs();
  const ended = { ...silence, endMs: Math.max(silence.startMs, Math.min(silence.endMs, nowMs)) };
  if (ended.endMs !== silence.endMs) await write(knowledge, ended);
  return silenceAnswer(ended, nowMs);
}

/** The bounds are the incident stage's; here they become a refusal. */
async function write({ options: { store, clock, telemetry } }: Knowledge, silence: Silence): Promise<void> {
  try {
    await writeSilence(store, silence, clock.nowMs());
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RequestRefused(
      400,
      "REQUEST_INVALID",
      error.message,
      'Give "for" as a length such as "2h" or "7d".',
    );
  }
  telemetry.event("info", "control_silences_changed", "Silences made or ended by people");
}

function silenceAnswer(silence: Silence, nowMs: number): SilenceAnswer {
  const { id, startMs, endMs, reason, createdBy } = silence;
  return {
    id,
    state: nowMs >= endMs ? "ended" : nowMs < startMs ? "pending" : "active",
    startMs,
    endMs,
    swimlane: silence.swimlane ?? null,
    source: silence.source ?? null,
    feature: silence.feature ?? null,
    detector: silence.detector ?? null,
    reason,
    createdBy,
  };
}
