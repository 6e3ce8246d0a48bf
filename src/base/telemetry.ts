/**
 * One call moves the counter and writes the log line, so that metrics and logs never disagree.
 * Every metric is named `lanewatch_<stage>_<name>_<unit>`; labels come from closed sets.
 */
import { type DestinationStream, type Logger, pino } from "pino";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { type Clock, systemClock } from "./clock.ts";
import { errorText } from "./errors.ts";
import { LogLimit } from "./log-limit.ts";

export type Level = "debug" | "info" | "warn" | "error";
export type Labels = Readonly<Record<string, string>>;

export interface TelemetryOptions {
  /** Lowest level that is written. @default "info" */
  readonly level?: Level | "silent";
  /** Also export Node's own metrics (event loop, heap, GC). @default false */
  readonly processMetrics?: boolean;
  /** By whose time a message's lines are counted, see log-limit.ts. @default the system's */
  readonly clock?: Pick<Clock, "elapsedMs">;
  /** Where log lines go. @default standard error, so that standard output stays the command's answer */
  readonly destination?: DestinationStream;
}

export class Telemetry {
  readonly registry = new Registry();
  readonly #log: Logger;
  readonly #limit: LogLimit;
  /** By the name that is asked with: the registry's own look-up joins and hashes a name each time. */
  readonly #metrics = new Map<string, unknown>();

  constructor(options: TelemetryOptions = {}) {
    this.#log = pino(
      { level: options.level ?? "info", base: undefined },
      options.destination ?? pino.destination(2),
    );
    this.#limit = new LogLimit(options.clock ?? systemClock);
    if (options.processMetrics) collectDefaultMetrics({ register: this.registry });
  }

  /** A counter, made on first use. `name` without the `lanewatch_` prefix, ending in `_total`. */
  counter(name: string, help: string, labelNames: readonly string[] = []): Counter {
    return this.#metric(name, () => new Counter({ ...this.#about(name, help, labelNames) }));
  }

  gauge(name: string, help: string, labelNames: readonly string[] = []): Gauge {
    return this.#metric(name, () => new Gauge({ ...this.#about(name, help, labelNames) }));
  }

  /** A gauge whose values are looked up each time that metrics are read, so that they are never older than that. */
  observedGauge(
    name: string,
    help: string,
    labelNames: readonly string[],
    read: () => Iterable<{ readonly labels: Labels; readonly value: number }>,
  ): void {
    // Whoever asks last is read: one before it belonged to a part that is gone.
    this.registry.removeSingleMetric(`lanewatch_${name}`);
    this.#metrics.delete(name);
    const gauge: Gauge = new Gauge({
      ...this.#about(name, help, labelNames),
      collect: () => {
        gauge.reset();
        for (const { labels, value } of read()) gauge.set(labels, value);
      },
    });
  }

  /** A histogram of seconds (or of what `name` ends in) with the given upper bounds. */
  histogram(name: string, help: string, buckets: number[], labelNames: readonly string[] = []): Histogram {
    return this.#metric(name, () => new Histogram({ ...this.#about(name, help, labelNames), buckets }));
  }

  /** Of one message in `warn` and `error` a few lines a minute are written; the next tells how many were left out. */
  log(level: Level, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (!this.#log.isLevelEnabled(level)) return;
    const isLimited = level === "warn" || level === "error";
    const leftOut = isLimited ? this.#limit.admit(message) : 0;
    if (leftOut === undefined) return;
    this.#log[level](leftOut === 0 ? fields : { ...fields, leftOut }, message);
  }

  /** Counts and logs in one call: what was dropped or went wrong, why, and how much of it. */
  event(level: Level, metric: string, message: string, labels: Labels = {}, count = 1): void {
    this.counter(`${metric}_total`, message, Object.keys(labels)).inc(labels, count);
    this.log(level, message, { ...labels, count });
  }

  /** An error with its chain of causes and context. */
  error(message: string, error: unknown, fields: Readonly<Record<string, unknown>> = {}): void {
    const context = error instanceof Error && "context" in error ? { context: error.context } : {};
    this.log("error", message, { ...fields, ...context, error: errorText(error) });
  }

  #about(name: string, help: string, labelNames: readonly string[]) {
    return { name: `lanewatch_${name}`, help, labelNames: [...labelNames], registers: [this.registry] };
  }

  #metric<M>(name: string, make: () => M): M {
    const known = this.#metrics.get(name) ?? this.registry.getSingleMetric(`lanewatch_${name}`) ?? make();
    this.#metrics.set(name, known);
    return known as M;
  }
}
