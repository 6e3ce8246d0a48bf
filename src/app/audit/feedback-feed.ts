/** What people have said of incidents, by lane; looked up again every so often, so that it holds without a restart. */

import type { Clock } from "../../base/clock.ts";
import { groupBy } from "../../base/group-by.ts";
import type { FeedbackRow, Store } from "../../store/contract.ts";

export interface FeedbackFeedOptions {
  readonly store: Pick<Store, "readFeedback">;
  readonly clock: Clock;
}

/** Until something that someone said is minded. */
const REFRESH_MS = 15_000;
/** Older ones than the newest so many are no longer looked at; what auditors took in of them stays. */
const ROWS_MAX = 10_000;

export class FeedbackFeed {
  readonly #options: FeedbackFeedOptions;
  #byLane: ReadonlyMap<string, readonly FeedbackRow[]> = new Map();
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: FeedbackFeedOptions) {
    this.#options = options;
  }

  /** In the order that it was given. */
  async of(swimlane: string): Promise<readonly FeedbackRow[]> {
    const { store, clock } = this.#options;
    const nowMs = clock.nowMs();
    if (nowMs - this.#readAtMs >= REFRESH_MS) {
      const rows = await store.readFeedback({ descending: true, limit: ROWS_MAX });
      this.#byLane = groupBy([...rows].reverse(), ({ swimlane }) => swimlane);
      this.#readAtMs = nowMs;
    }
    return this.#byLane.get(swimlane) ?? [];
  }
}
