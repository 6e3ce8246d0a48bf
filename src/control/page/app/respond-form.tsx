import { useState } from "preact/hooks";
import type { FeedbackAnswer } from "../../incidents/wire-feedback.ts";
import type { IncidentDetailAnswer } from "../../incidents/wire-incidents.ts";
import type { SilenceAnswer } from "../../incidents/wire-silences.ts";
import { post } from "./api.ts";
import { formatMoment } from "./format.ts";
import { rememberedName, rememberName } from "./person-name.ts";
import { encode } from "./route.ts";

const LABELS = [
  ["real", "A fault, not mended yet: it never becomes the new normal."],
  ["fixed", "It was a fault and is over: the lane is held to what was before."],
  ["noise", "Nobody should have been told: the same again is not."],
  ["expected", "A change that was meant: it becomes the new normal."],
] as const;
const LENGTHS = ["1h", "8h", "1d", "7d"] as const;

/** What a person makes of an incident: was it worth telling, and should its lane be silent for a while? */
export function RespondForm({
  incident,
  done,
}: {
  readonly incident: IncidentDetailAnswer;
  readonly done: () => void;
}) {
  const [by, setBy] = useState(rememberedName());
  const [reason, setReason] = useState("");
  const [length, setLength] = useState<string>(LENGTHS[0]);
  const [told, setTold] = useState({ text: "", isTrouble: false });
  const [sending, setSending] = useState(false);
  const send = async (step: () => Promise<string>) => {
    setSending(true);
    try {
      setTold({ text: await step(), isTrouble: false });
      rememberName(by.trim());
      done();
    } catch (error) {
      setTold({ text: error instanceof Error ? error.message : String(error), isTrouble: true });
    } finally {
      setSending(false);
    }
  };
  const say = (label: string) => async () => {
    const body = { label, by: by.trim(), reason: reason.trim() };
    const said = await post<FeedbackAnswer>(`/v1/incidents/${encode(incident.id)}/feedback`, body);
    return `Kept: ${said.label}. It holds for windows from ${formatMoment(said.appliesFromMs)} on.`;
  };
  const silence = async () => {
    const why = reason.trim() === "" ? incident.title : reason.trim();
    const body = { swimlane: incident.swimlane, for: length, reason: why.slice(0, 500), by: by.trim() };
    const made = await post<SilenceAnswer>("/v1/silences", body);
    return `Silent until ${formatMoment(made.endMs)} (${made.id}; \`lanewatch silence end\` ends it).`;
  };
  const isNameless = by.trim() === "";
  return (
    <section class="respond" aria-label="Your answer">
      <h3>What was it?</h3>
      <div class="acknowledge">
        <input
          aria-label="Your name"
          value={by}
          placeholder="Your name"
          maxLength={200}
          onInput={(event) => setBy(event.currentTarget.value)}
        />
        <input
          aria-label="Why"
          class="why"
          value={reason}
          placeholder="Why, for whoever sees it next time"
          maxLength={500}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
      </div>
      <div class="acknowledge">
        {LABELS.map(([label, meaning]) => (
          <button
            key={label}
            type="button"
            title={meaning}
            aria-pressed={incident.feedback.at(-1)?.label === label}
            disabled={sending || isNameless}
            onClick={() => send(say(label))}
          >
            {label}
          </button>
        ))}
        <span class="divider" aria-hidden="true" />
        <select
          aria-label="Length of the silence"
          value={length}
          onChange={(event) => setLength(event.currentTarget.value)}
        >
          {LENGTHS.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
        <button type="button" disabled={sending || isNameless} onClick={() => send(silence)}>
          Silence the lane
        </button>
      </div>
      {isNameless && <p class="hint">Give your name first.</p>}
      {told.text !== "" && (
        <p class={told.isTrouble ? "bad" : "hint"} role={told.isTrouble ? "alert" : "status"}>
          {told.text}
        </p>
      )}
      <ul class="together">
        {incident.feedback.map((said) => (
          <li key={said.atMs}>
            <b>{said.label}</b>{" "}
            <span class="unit">
              by {said.by}, {formatMoment(said.atMs)}
              {said.reason === "" ? "" : `: ${said.reason}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
