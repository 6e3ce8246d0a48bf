import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { StatusAnswer } from "../../wire.ts";
import { ask } from "./api.ts";
import { formatAge, formatMoment } from "./format.ts";
import { usePoll } from "./poll.ts";
import { Answered } from "./states.tsx";

/** Lanewatch about itself: is what it depends on there, and how far has it read? */
export function StatusPanel({ children }: { readonly children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const close = (event: Event) => {
      const escaped = event instanceof KeyboardEvent && event.key === "Escape";
      const outside = event instanceof PointerEvent && !panel.current?.contains(event.target as Node);
      if (escaped || outside) setOpen(false);
    };
    document.addEventListener("keydown", close);
    document.addEventListener("pointerdown", close);
    return () => {
      document.removeEventListener("keydown", close);
      document.removeEventListener("pointerdown", close);
    };
  }, [open]);
  return (
    <div class="status" ref={panel}>
      <button type="button" class="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
        {children}
      </button>
      {open && <Panel />}
    </div>
  );
}

function Panel() {
  const polled = usePoll("status", (signal) => ask<StatusAnswer>("/v1/status", {}, signal), 5_000);
  return (
    <section class="status-panel" aria-label="Lanewatch itself">
      <Answered polled={polled} what="status">
        {(status) => (
          <>
            <h2>Lanewatch {status.version}</h2>
            <dl>
              {[
                ...status.dependencies,
                ...status.progress.map(({ name, value, ok }) => ({ name, detail: value, ok })),
              ].map(({ name, detail, ok }) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd class={ok ? "" : "bad"}>
                    {ok ? "" : "✕ "}
                    {detail}
                  </dd>
                </div>
              ))}
              <div>
                <dt>event time now</dt>
                <dd>{formatMoment(status.eventNowMs)}</dd>
              </div>
              <div>
                <dt>running for</dt>
                <dd>{formatAge(status.nowMs - status.startedAtMs)}</dd>
              </div>
            </dl>
            <p class="hint">
              Keys: <kbd>/</kbd> search, <kbd>l</kbd> lanes, <kbd>i</kbd> incidents. The API:{" "}
              <a href="./v1/openapi.json">openapi.json</a>
            </p>
          </>
        )}
      </Answered>
    </section>
  );
}
