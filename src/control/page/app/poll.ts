import { useEffect, useRef, useState } from "preact/hooks";
import { noteSilence } from "./api.ts";

export const POLL_MS = 2_000;
/** After failures the pause doubles up to this. */
const POLL_MS_MAX = 15_000;

export interface Polled<T> {
  /** The newest answer; stays while later requests fail, so that what is on screen does not vanish. */
  readonly data: T | undefined;
  readonly error: unknown;
  /** By this browser's clock. */
  readonly okAtMs: number;
  /** Asks again at once. */
  readonly refresh: () => void;
}

/**
 * Asks again and again while the page can be seen, never twice at once.
 * @param key what is asked about; when it changes, the old answer is dropped.
 * @param load gets the previous answer, to ask for the rest only.
 */
export function usePoll<T>(
  key: string,
  load: (signal: AbortSignal, previous: T | undefined) => Promise<T>,
  intervalMs: number = POLL_MS,
): Polled<T> {
  const [state, setState] = useState<{ key: string; data: T | undefined; error: unknown; okAtMs: number }>(
    () => nothing(key),
  );
  const [turn, setTurn] = useState(0);
  const latest = useRef({ load, intervalMs, data: state.data });
  const current = state.key === key ? state : nothing<T>(key);
  latest.current = { load, intervalMs, data: current.data };

  // `turn` starts the loop anew: that is how a refresh interrupts the pause.
  // See above
  useEffect(() => {
    const stop = new AbortController();
    void repeat(
      stop.signal,
      latest.current,
      (change) => {
        if (stop.signal.aborted) return;
        setState((before) => ({ ...(before.key === key ? before : nothing<T>(key)), ...change, key }));
      },
      () => latest.current,
    );
    return () => stop.abort();
  }, [key, turn]);

  return {
    data: current.data,
    error: current.error,
    okAtMs: current.okAtMs,
    refresh: () => setTurn((n) => n + 1),
  };
}

function nothing<T>(key: string): { key: string; data: T | undefined; error: unknown; okAtMs: number } {
  return { key, data: undefined, error: undefined, okAtMs: 0 };
}

interface Loop<T> {
  readonly load: (signal: AbortSignal, previous: T | undefined) => Promise<T>;
  readonly intervalMs: number;
  readonly data: T | undefined;
}

async function repeat<T>(
  signal: AbortSignal,
  first: Loop<T>,
  told: (change: { data?: T; error: unknown; okAtMs?: number }) => void,
  latest: () => Loop<T>,
): Promise<void> {
  let previous = first.data;
  let failures = 0;
  while (!signal.aborted) {
    try {
      previous = await latest().load(signal, previous);
      failures = 0;
      told({ data: previous, error: undefined, okAtMs: Date.now() });
    } catch (error) {
      if (signal.aborted) return;
      failures++;
      noteSilence(error);
      told({ error });
    }
    await pause(Math.min(POLL_MS_MAX, latest().intervalMs * 2 ** Math.min(failures, 4)), signal);
    await visible(signal);
  }
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, delayMs);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Nobody looks at a hidden tab; it asks again when it is shown. */
function visible(signal: AbortSignal): Promise<void> {
  if (document.visibilityState === "visible") return Promise.resolve();
  return new Promise((resolve) => {
    document.addEventListener("visibilitychange", () => resolve(), { once: true, signal });
    signal.addEventListener("abort", () => resolve());
  });
}

/** The browser's clock, ticking once a second, for "12 s ago". */
export function useNow(): number {
  const [nowMs, setNowMs] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}
