/** What a view shows when it has nothing to show: why, and what to do. */
import type { ComponentChildren } from "preact";
import { Refused } from "./api.ts";

export function Loading({ what }: { readonly what: string }) {
  return (
    <div class="empty" role="status">
      <span class="spinner" aria-hidden="true" /> Loading {what}…
    </div>
  );
}

export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

export function Failure({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  const refused = error instanceof Refused ? error.answer : undefined;
  return (
    <div class="empty failure" role="alert">
      <p class="empty-title">{refused?.detail ?? "The server does not answer."}</p>
      <p>
        {refused?.next ??
          "The page keeps trying. Check that `lanewatch` runs and that this address is right."}
      </p>
      {retry && (
        <button type="button" onClick={retry}>
          Try now
        </button>
      )}
    </div>
  );
}

/** Shows the newest answer; while there is none, why not. */
export function Answered<T>({
  polled,
  what,
  children,
}: {
  readonly polled: { readonly data: T | undefined; readonly error: unknown; readonly refresh: () => void };
  readonly what: string;
  readonly children: (data: T) => ComponentChildren;
}) {
  if (polled.data !== undefined) return <>{children(polled.data)}</>;
  if (polled.error !== undefined) return <Failure error={polled.error} retry={polled.refresh} />;
  return <Loading what={what} />;
}
