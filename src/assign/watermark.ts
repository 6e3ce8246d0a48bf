/**
 * A partition's watermark: no on-time record is older. It only rises, and it follows the records' own event time;
 * how far a lane's windows wait behind it is the lane's allowed lateness.
 */
export class Watermark {
  #eventTimeMaxMs = Number.NEGATIVE_INFINITY;

  /** Highest event time seen, epoch milliseconds; −Infinity before the first record. */
  get eventTimeMaxMs(): number {
    return this.#eventTimeMaxMs;
  }

  /** @returns true when it rose. */
  observe(eventTimeMs: number): boolean {
    if (!(eventTimeMs > this.#eventTimeMaxMs)) return false;
    this.#eventTimeMaxMs = eventTimeMs;
    return true;
  }
}
