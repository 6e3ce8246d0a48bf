/** Bad for long enough is an alert, and only good for long enough ends it: a condition that flaps is one alert. Pure. */
import type { Reading } from "./alerts.ts";

export class BoundedCondition {
  readonly #boundMs: number;
  readonly #clearMs: number;
  #badSinceMs: number | undefined;
  #okSinceMs: number | undefined;
  /** `undefined` until it was seen to be well, or bad for long enough. */
  #isActive: boolean | undefined;

  constructor(boundMs: number, clearMs: number) {
    this.#boundMs = boundMs;
    this.#clearMs = clearMs;
  }

  get isActive(): boolean {
    return this.#isActive === true;
  }

  /**
   * @param elapsedMs of a clock that nobody sets. What could not be looked at changes nothing.
   * @returns what to tell: true it began, false it is over (or was well at the first look), undefined nothing new.
   */
  observe(reading: Reading, elapsedMs: number): boolean | undefined {
    if (reading.state === "unknown") return undefined;
    return reading.state === "bad" ? this.#bad(elapsedMs) : this.#ok(elapsedMs);
  }

  #bad(elapsedMs: number): boolean | undefined {
    this.#okSinceMs = undefined;
    this.#badSinceMs ??= elapsedMs;
    if (this.#isActive === true || elapsedMs - this.#badSinceMs < this.#boundMs) return undefined;
    this.#isActive = true;
    return true;
  }

  #ok(elapsedMs: number): boolean | undefined {
    this.#okSinceMs ??= elapsedMs;
    if (this.#isActive === true && elapsedMs - this.#okSinceMs < this.#clearMs) return undefined;
    this.#badSinceMs = undefined;
    if (this.#isActive === false) return undefined;
    this.#isActive = false;
    return false;
  }
}
