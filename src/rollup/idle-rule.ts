/**
 * The idle rule. A dead producer moves no watermark; so where the broker says that nothing is left to read of a
 * partition, and has said so for the idle time-out, the clock stands in for its records. A broker that cannot be reached,
 * a consumer that lags or restarts and a partition that is stuck move nothing: of those the monitor speaks itself.
 */
import type { Clock } from "../base/clock.ts";
import { SteadyTime } from "../base/steady-time.ts";
import type { PartitionEnd } from "../source/contract.ts";
import type { PartitionFrontier } from "./frontier.ts";

/** When the broker was asked. Its answer says nothing of what came later, however late it arrives. */
export interface AskedAt {
  readonly elapsedMs: number;
  readonly wallMs: number;
}

export class IdleRule {
  readonly #clock: Clock;
  readonly #steadyTime: SteadyTime;
  readonly #idleTimeoutMs: number;
  /** Since when each partition's log has ended where its path ends, on the clock that nobody sets. */
  readonly #since = new Map<string, { readonly endOffset: number; readonly elapsedMs: number }>();

  constructor(clock: Clock, idleTimeoutMs: number) {
    this.#clock = clock;
    this.#steadyTime = new SteadyTime(clock);
    this.#idleTimeoutMs = idleTimeoutMs;
  }

  /** To be called just before the broker is asked. */
  asking(): AskedAt {
    return { elapsedMs: this.#clock.elapsedMs(), wallMs: this.#steadyTime.nowMs() };
  }

  /** The broker's answer is not about the log that the path is of. */
  doubt(frontier: PartitionFrontier): void {
    this.#since.delete(keyOf(frontier));
  }

  observe(frontier: PartitionFrontier, { endOffset }: PartitionEnd, asked: AskedAt): void {
    const key = keyOf(frontier);
    const since = this.#since.get(key);
    if (frontier.endOffset !== endOffset) this.#since.delete(key);
    else if (since?.endOffset !== endOffset) this.#since.set(key, { endOffset, elapsedMs: asked.elapsedMs });
    else if (asked.elapsedMs - since.elapsedMs >= this.#idleTimeoutMs) {
      const watermarkMs = asked.wallMs - this.#idleTimeoutMs;
      frontier.idleWatermarkMs = Math.max(frontier.idleWatermarkMs, watermarkMs);
    }
  }
}

function keyOf({ topic, partition }: PartitionFrontier): string {
  return `${topic}|${partition}`;
}
