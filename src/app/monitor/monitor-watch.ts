/**
 * Lanewatch watching itself: looks at each condition now and then, and tells when one has been bad for as long as its
 * bound. Never about data, and never on a route for data.
 *
 * Every process watches what only it can see, in its log and its metrics; one role, `notify`, tells people, so that
 * two processes do not. Replicas of it say the same under the same key.
 */
import type { Clock } from "../../base/clock.ts";
import { withDeadline } from "../../base/deadline.ts";
import { errorText, InvariantError } from "../../base/errors.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import type { MonitorAlert } from "../../notify/monitor.ts";
import { MONITOR_ALERTS, type Probe, type Reading, SEVERITIES, UNKNOWN } from "./alerts.ts";
import { BoundedCondition } from "./bounded-condition.ts";

export interface MonitorWatchParts {
  readonly probes: readonly Probe[];
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** How long a condition must have been well before its alert ends, ms. */
  readonly clearMs: number;
  /** Absent where another process tells. Says whether anybody is told: false without a route about the monitor. */
  readonly tell: ((alert: MonitorAlert) => boolean) | undefined;
}

/** A look that takes longer is given up: an engine that hangs must not hold up the others. */
const LOOK_MS_MAX = 10_000;

export class MonitorWatch {
  readonly #parts: MonitorWatchParts;
  readonly #conditions: ReadonlyMap<Probe, BoundedCondition>;
  /** What was said to be wrong and is not over. */
  readonly #begun = new Set<Probe>();

  constructor(parts: MonitorWatchParts) {
    this.#parts = parts;
    this.#conditions = new Map(
      parts.probes.map((probe) => [probe, new BoundedCondition(probe.boundMs, parts.clearMs)]),
    );
    const watched = MONITOR_ALERTS.filter((name) => parts.probes.some(({ alert }) => alert === name));
    parts.telemetry.observedGauge(
      "monitor_alert_active",
      "1 while Lanewatch has something to say of itself, by alert (docs/guides/operate.md)",
      ["alert"],
      () => watched.map((alert) => ({ labels: { alert }, value: this.#isActive(alert) ? 1 : 0 })),
    );
  }

  /** One look at every condition, side by side. */
  async look(): Promise<void> {
    await Promise.all(
      [...this.#conditions].map(async ([probe, condition]) => {
        const reading = await this.#read(probe);
        const change = condition.observe(reading, this.#parts.clock.elapsedMs());
        if (change !== undefined) this.#say(probe, reading, change);
      }),
    );
  }

  #isActive(alert: Probe["alert"]): boolean {
    return [...this.#conditions].some(([probe, condition]) => probe.alert === alert && condition.isActive);
  }

  async #read(probe: Probe): Promise<Reading> {
    try {
      return await withDeadline(probe.look(), LOOK_MS_MAX);
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      this.#parts.telemetry.log("debug", "a condition of the monitor could not be looked at", {
        alert: probe.alert,
        error: errorText(error),
      });
      return UNKNOWN;
    }
  }

  /** Of a first look that finds all well people are told, who may have heard otherwise before a restart; no log is filled. */
  #say(probe: Probe, reading: Reading, active: boolean): void {
    const { telemetry, tell } = this.#parts;
    const { alert } = probe;
    const begun = this.#begun.has(probe);
    if (active) this.#begun.add(probe);
    else this.#begun.delete(probe);
    const summary = reading.state === "bad" ? reading.detail : `${alert} is over`;
    const isTold = tell?.({ code: alert, severity: SEVERITIES[alert], summary, active });
    if (!active) {
      telemetry.log(begun ? "info" : "debug", "the monitor is well in this respect", { alert });
      return;
    }
    telemetry.counter("monitor_alerts_total", "Alerts about Lanewatch itself", ["alert"]).inc({ alert });
    telemetry.log("error", `Lanewatch itself: ${summary}${TOLD[String(isTold)]}`, { alert });
  }
}

const TOLD: Readonly<Record<string, string>> = {
  true: "",
  false: ". NOBODY IS TOLD: no route is about the monitor (notify.routes, about: monitor)",
  undefined: ". The process with the role notify tells what it sees; this one only logs",
};
