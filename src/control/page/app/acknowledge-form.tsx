import { useState } from "preact/hooks";
import type { IncidentAnswer } from "../../incidents/wire-incidents.ts";
import { post } from "./api.ts";
import { rememberedName, rememberName } from "./person-name.ts";
import { encode } from "./route.ts";

export function AcknowledgeForm({ id, done }: { readonly id: string; readonly done: () => void }) {
  const [by, setBy] = useState(rememberedName());
  const [trouble, setTrouble] = useState("");
  const [sending, setSending] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    setSending(true);
    try {
      await post<IncidentAnswer>(`/v1/incidents/${encode(id)}/acknowledge`, { by: by.trim() });
      rememberName(by.trim());
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
