import { useState } from "preact/hooks";
import type { IncidentAnswer } from "../../wire-incidents.ts";
import { post } from "./api.ts";
import { encode } from "./route.ts";

/** Asked once, remembered in this browser. */
const NAME_KEY = "lanewatch.name";

export function AcknowledgeForm({ id, done }: { readonly id: string; readonly done: () => void }) {
  const [by, setBy] = useState(localStorage.getItem(NAME_KEY) ?? "");
  const [trouble, setTrouble] = useState("");
  const [sending, setSending] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    setSending(true);
    try {
      await post<IncidentAnswer>(`/v1/incidents/${encode(id)}/acknowledge`, { by: by.trim() });
      localStorage.setItem(NAME_KEY, by.trim());
      done();
    } catch (error) {
      setTrouble(error instanceof Error ? error.message : String(error));
    } finally {
      setSending(false);
    }
  };
  return (
    <form class="acknowledge" onSubmit={submit}>
      <label>
        <span class="sr-only">Your name</span>
        <input
          value={by}
          placeholder="Your name"
          maxLength={200}
          required
          onInput={(event) => setBy(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="primary" disabled={sending || by.trim() === ""}>
        Acknowledge
      </button>
      <span class="hint">Reminders stop until it gets worse.</span>
      {trouble !== "" && (
        <span class="bad" role="alert">
          {trouble}
        </span>
      )}
    </form>
  );
}
