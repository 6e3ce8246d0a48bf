/**
 * How often a log may say the same. An engine that is away for an hour is worth its first lines and one now and then, not
 * ten thousand: they push everything else out of the log.
 */
import type { Clock } from "./clock.ts";

/** Lines of one message within {@link SPAN_MS}. */
const LINES_MAX = 10;
const SPAN_MS = 60_000;
/** Messages told apart; a message is a fixed text, so that there are never many. */
const MESSAGES_MAX = 1_000;

interface Said {
  sinceMs: number;
  lines: number;
  leftOut: number;
}

export class LogLimit {
  readonly #clock: Pick<Clock, "elapsedMs">;
  readonly #said = new Map<string, Said>();

  constructor(clock: Pick<Clock, "elapsedMs">) {
    this.#clock = clock;
  }

  /** @returns how many lines of this message were left out since its last, or undefined where this one is left out, too. */
  admit(message: string): number | undefined {
    const nowMs = this.#clock.elapsedMs();
    const said = this.#said.get(message);
    if (said === undefined || nowMs - said.sinceMs >= SPAN_MS) {
      if (this.#said.size >= MESSAGES_MAX) this.#said.clear();
      this.#said.set(message, { sinceMs: nowMs, lines: 1, leftOut: 0 });
      return said?.leftOut ?? 0;
    }
    if (said.lines >= LINES_MAX) {
      said.leftOut++;
      return undefined;
    }
    said.lines++;
    return 0;
  }
}
