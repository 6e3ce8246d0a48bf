/** Answers that several ask for at about the same time: whoever can do with one of a moment ago shares it, or its failure. */
import type { Clock } from "./clock.ts";

interface Asked<Answer> {
  /** When it was asked, on a clock that nobody sets: the answer is from then or later. */
  readonly atMs: number;
  readonly answer: Promise<Answer>;
}

export class Recent<Key, Answer> {
  readonly #clock: Clock;
  readonly #ageMsMax: number;
  readonly #last = new Map<Key, Asked<Answer>>();

  /** @param ageMsMax how long ago an answer may have been asked for to be shared, ms. */
  constructor(clock: Clock, ageMsMax: number) {
    this.#clock = clock;
    this.#ageMsMax = ageMsMax;
  }

  /** Asks now. */
  ask(key: Key, question: () => Promise<Answer>): Promise<Answer> {
    const answer = question();
    this.#last.set(key, { atMs: this.#clock.elapsedMs(), answer });
    return answer;
  }

  /** The last answer, unless it is too old; then asks. */
  get(key: Key, question: () => Promise<Answer>): Promise<Answer> {
    const last = this.#last.get(key);
    return last !== undefined && this.#clock.elapsedMs() - last.atMs <= this.#ageMsMax
      ? last.answer
      : this.ask(key, question);
  }
}
