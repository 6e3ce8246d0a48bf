/**
 * A world of simulated time: one queue of events, one seed, and processes ("lives") that may be killed, stopped and
 * woken at any of their awaits.
 *
 * The real code runs in it unchanged. Whatever it asks of the outside (store, broker, pager, clock) is a request with
 * three moments: sent, taken effect, answered. A life that dies between two of them leaves the effect and never sees the
 * answer; one that is stopped sees it when it wakes. So every await of the code under test is a place to fail at.
 */
import type { Clock } from "../../src/base/clock.ts";
import { OperationalError } from "../../src/base/errors.ts";
import { hashText, type Random, seededRandom } from "../../src/base/random.ts";

/** Where simulated time begins; a whole minute, long after the epoch. */
export const START_MS = Date.UTC(2026, 0, 5);
const TRACE_MAX = 4_000;

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** One process: from its start to its death. */
export interface Life {
  readonly name: string;
  isDead: boolean;
  isStopped: boolean;
  /** How far its wall clock is off, ms. */
  skewMs: number;
  /** Answers that came while it was stopped, in their order. */
  readonly held: (() => void)[];
}

export interface RequestFaults {
  /** Answered with an error although it took effect. */
  readonly unknownOutcome: number;
  /** Refused, without effect. */
  readonly refused: number;
  /** The asking process dies before, or right after, it takes effect. */
  readonly crash: number;
}

/**
 * A whole run is one turn of Node's event loop: a turn for each event took as long as much of what it led to. What follows
 * from an event is run here as Node itself does it after each callback, rejections that nobody handles included.
 */
const settle = (process as unknown as { readonly _tickCallback?: () => void })._tickCallback!;
if (settle === undefined)
  throw new Error(
    `Node ${process.version} has no process._tickCallback (DEP0134), by which the simulator runs what follows from an ` +
      "event. Run it on Node 20 or 22.",
  );

/** Runs `work` in a turn of its own, where no promise of anybody else is under way. */
export function inTurn<T>(work: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(work());
      } catch (error) {
        reject(error);
      }
    });
  });
}

export class World {
  readonly random: Random;
  nowMs = START_MS;
  /** What the simulation itself finds wrong; the first ends the run. */
  failure: string | undefined;
  readonly trace: string[] = [];
  readonly #heap: Event[] = [];
  #order = 0;
  /** Set by the scenario: faults of a request, by what is asked. */
  faultsOf: (what: string) => RequestFaults = () => NO_FAULTS;
  /** Told when a life dies at a request. */
  onCrash: (life: Life) => void = () => {};
  /** True while a life cannot reach the given service. */
  isAway: (service: string, life: Life) => boolean = () => false;
  isTracing = false;
  eventCount = 0;
  /** Set when code under test was given something to go on with; what only happens in the world needs no turn. */
  #hasTold = false;

  constructor(seed: number) {
    this.random = seededRandom(hashText(`simulation ${seed}`));
  }

  /** A whole number in [low, high]. */
  between(low: number, high: number): number {
    return low + Math.floor(this.random() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return probability > 0 && this.random() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)]!;
  }

  note(text: string): void {
    if (!this.isTracing) return;
    if (this.trace.length >= TRACE_MAX) this.trace.shift();
    this.trace.push(`${((this.nowMs - START_MS) / 1000).toFixed(1).padStart(8)} s  ${text}`);
  }

  fail(what: string): void {
    this.note(`WRONG: ${what}`);
    this.failure ??= what;
  }

  at(atMs: number, run: () => void): void {
    push(this.#heap, { atMs: Math.max(atMs, this.nowMs), order: this.#order++, run });
  }

  /** Lets what was just started by hand run on. */
  started(): void {
    this.#hasTold = true;
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.nowMs + delayMs, run);
  }

  /**
   * Runs events until `untilMs` or the first failure; after each, all that follows from it without waiting. To be called
   * {@link inTurn} only.
   */
  run(untilMs: number, afterEach: () => void): void {
    while (this.failure === undefined) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > untilMs) break;
      pop(this.#heap);
      this.nowMs = next.atMs;
      this.eventCount++;
      next.run();
      if (!this.#hasTold) continue;
      this.#hasTold = false;
      settle();
      afterEach();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  life(name: string): Life {
    return { name, isDead: false, isStopped: false, skewMs: 0, held: [] };
  }

  kill(life: Life): void {
    life.isDead = true;
    life.held.length = 0;
  }

  stop(life: Life): void {
    life.isStopped = true;
  }

  wake(life: Life): void {
    life.isStopped = false;
    for (const answer of life.held.splice(0)) this.after(0, () => this.tell(life, answer));
  }

  /** Lets a life see something: now, when it wakes, or never. */
  tell(life: Life, answer: () => void): void {
    if (life.isDead) return;
    if (life.isStopped) life.held.push(answer);
    else {
      this.#hasTold = true;
      answer();
    }
  }

  clockOf(life: Life): Clock {
    return {
      nowMs: () => Math.floor(this.nowMs) + life.skewMs,
      elapsedMs: () => Math.floor(this.nowMs),
      sleep: (delayMs, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted) return resolve();
          const done = () => {
            signal?.removeEventListener("abort", done);
            resolve();
          };
          signal?.addEventListener("abort", done, { once: true });
          this.after(delayMs, () => this.tell(life, done));
        }),
    };
  }

  /**
   * A request of `life` to `service`.
   * @param effect what it does there, at one moment; its answer travels back.
   */
  request<T>(life: Life, service: string, what: string, effect: () => T): Promise<T> {
    const faults = this.faultsOf(what);
    return new Promise((resolve, reject) => {
      if (life.isDead) return;
      const fault = this.#draw(faults);
      if (fault === "crash-before") return this.#crash(life, what, "before");
      const thereMs = this.between(1, 40);
      this.after(thereMs, () => {
        const backMs = this.between(1, 40);
        const answer = (run: () => void) => this.after(backMs, () => this.tell(life, run));
        if (fault === "refused" || this.isAway(service, life)) {
          answer(() => reject(unreachable(service, what)));
          return;
        }
        let value: T;
        try {
          value = effect();
        } catch (error) {
          answer(() => reject(error));
          return;
        }
        if (fault === "crash-after") this.#crash(life, what, "after");
        else if (fault === "unknown") answer(() => reject(unreachable(service, `${what} (done, not told)`)));
        else answer(() => resolve(value));
      });
    });
  }

  #crash(life: Life, what: string, when: string): void {
    if (life.isDead) return;
    this.note(`${life.name} dies ${when} ${what}`);
    this.kill(life);
    this.onCrash(life);
  }

  #draw(faults: RequestFaults): "crash-before" | "crash-after" | "refused" | "unknown" | "none" {
    if (this.chance(faults.crash)) return this.chance(0.5) ? "crash-before" : "crash-after";
    if (this.chance(faults.refused)) return "refused";
    return this.chance(faults.unknownOutcome) ? "unknown" : "none";
  }
}

export const NO_FAULTS: RequestFaults = { unknownOutcome: 0, refused: 0, crash: 0 };

function unreachable(service: string, what: string): OperationalError {
  return new OperationalError(`simulated: ${service} did not answer ${what}`, {
    code: "SIMULATED_UNREACHABLE",
    retryable: true,
  });
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function push(heap: Event[], event: Event): void {
  let i = heap.push(event) - 1;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (!isBefore(event, heap[parent]!)) break;
    heap[i] = heap[parent]!;
    i = parent;
  }
  heap[i] = event;
}

function pop(heap: Event[]): void {
  const last = heap.pop()!;
  if (heap.length === 0) return;
  let i = 0;
  for (;;) {
    let child = 2 * i + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
    if (!isBefore(heap[child]!, last)) break;
    heap[i] = heap[child]!;
    i = child;
  }
  heap[i] = last;
}
