/**
 * Is the page budget kept, as metrics: counted again every few minutes, of the lanes that stand worst. A thousand lanes
 * with a series each would cost more to keep than they tell; how many lanes stand how is counted over all of them.
 */
import type { Clock } from "../../base/clock.ts";
import { withDeadline } from "../../base/deadline.ts";
import { errorText } from "../../base/errors.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import type { PageBudgetReader } from "./reader.ts";
import {
  type LaneBudgetAnswer,
  type PageBudgetAnswer,
  RULE_STANDINGS,
  STANDINGS,
} from "./wire-page-budget.ts";

/** Lanes with metrics of their own, the worst. */
const LANES_MAX = 100;
const SPAN = "28d";
const COUNT_EVERY_MS = 300_000;
/** A count that the store does not answer is not waited for at the end. */
const STOP_MS_MAX = 1_000;
const LANE = ["swimlane"] as const;

export interface PageBudgetMetricsParts {
  readonly reader: PageBudgetReader;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export class PageBudgetMetrics {
  readonly #parts: PageBudgetMetricsParts;
  readonly #stopping = new AbortController();
  readonly #counting: Promise<void>;
  #counted: PageBudgetAnswer | undefined;

  /** Begins to count at once. */
  constructor(parts: PageBudgetMetricsParts) {
    this.#parts = parts;
    this.#expose(parts.telemetry);
    this.#counting = this.#countOn();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await withDeadline(this.#counting, STOP_MS_MAX).catch(() => {});
  }

  async #countOn(): Promise<void> {
    const { reader, clock, telemetry } = this.#parts;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        this.#counted = await reader.read({ since: SPAN, until: "now", limit: LANES_MAX });
      } catch (error) {
        if (!signal.aborted)
          telemetry.event(
            "warn",
            "control_budget_uncounted",
            "The page budgets could not be counted; their metrics stay as they were",
            {},
          );
        telemetry.log("debug", "Why the page budgets could not be counted", { error: errorText(error) });
      }
      await clock.sleep(COUNT_EVERY_MS, signal);
    }
  }

  #expose(telemetry: Telemetry): void {
    telemetry.observedGauge(
      "control_budget_lanes",
      "Lanes by how they stand to their page budget over four weeks: over_twice, over, within, unwatched",
      ["standing"],
      () =>
        STANDINGS.flatMap((standing) =>
          this.#counted === undefined
            ? []
            : [{ labels: { standing }, value: this.#counted.standings[standing] }],
        ),
    );
    telemetry.observedGauge(
      "control_budget_pages",
      "Pages of a lane in four weeks, real ones too; of the 100 lanes that stand worst",
      LANE,
      () => this.#ofLanes(({ pages }) => pages),
    );
    telemetry.observedGauge(
      "control_budget_accepted_pages",
      "False pages that the lane's owner accepts in that time: what is expected of the lane at most",
      LANE,
      () => this.#ofLanes(({ accepted }) => accepted),
    );
    telemetry.observedGauge(
      "control_budget_false_pages_max",
      "Pages called noise, and those that nobody has judged: at most so many were false",
      LANE,
      () => this.#ofLanes(({ falseMax }) => falseMax),
    );
    telemetry.observedGauge(
      "control_budget_precision_ratio",
      "Real and fixed pages of those judged real, fixed or noise; absent until one was judged",
      LANE,
      () => this.#ofLanes(({ precision }) => precision),
    );
    telemetry.observedGauge(
      "control_budget_rules",
      "Detectors of a lane that fired, never fired, fire nearly always, or could not answer once (insufficient)",
      [...LANE, "standing"],
      () => this.#rules(),
    );
    telemetry.observedGauge(
      "control_budget_counted_at_seconds",
      "When the page budgets were last counted, Unix time",
      [],
      () => (this.#counted === undefined ? [] : [{ labels: {}, value: this.#counted.nowMs / 1_000 }]),
    );
  }

  *#ofLanes(read: (lane: LaneBudgetAnswer) => number | null) {
    for (const lane of this.#counted?.lanes ?? []) {
      const value = read(lane);
      if (value !== null) yield { labels: { swimlane: lane.swimlane }, value };
    }
  }

  *#rules() {
    for (const { swimlane, rules } of this.#counted?.lanes ?? [])
      for (const standing of RULE_STANDINGS) {
        const value = rules.filter((rule) => rule.standing === standing).length;
        yield { labels: { swimlane, standing }, value };
      }
  }
}
