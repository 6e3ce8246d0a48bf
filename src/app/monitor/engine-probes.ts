/** Does what we depend on answer? Each question has an end of its own, so that an engine that hangs counts as away. */
import { withDeadline } from "../../base/deadline.ts";
import { errorText } from "../../base/errors.ts";
import type { WatchedSource } from "../rollup/recent-ends.ts";
import { bad, OK, type Probe } from "./alerts.ts";

const ANSWER_MS_MAX = 5_000;

export function readyProbe(
  alert: "store-unreachable" | "queue-unreachable",
  name: string,
  ready: () => Promise<boolean>,
  boundMs: number,
): Probe {
  const consequence =
    alert === "store-unreachable"
      ? "counting waits, nothing is lost, no window is judged until it is back"
      : "counting goes on, audits wait and catch up";
  return {
    alert,
    boundMs,
    look: async () =>
      (await withDeadline(ready(), ANSWER_MS_MAX).catch(() => false))
        ? OK
        : bad(`${name} does not answer, or does not apply what it took; ${consequence}`),
  };
}

export function brokersProbe(sources: () => readonly WatchedSource[], boundMs: number): Probe {
  return {
    alert: "kafka-unreachable",
    boundMs,
    look: async () => {
      const failures: string[] = [];
      for (const source of sources())
        await withDeadline(source.partitionEnds(), ANSWER_MS_MAX).catch((error: unknown) =>
          failures.push(`source "${source.name}" (${errorText(error)})`),
        );
      return failures.length === 0
        ? OK
        : bad(
            `the brokers do not answer for ${failures.join(", ")}; Kafka keeps the records, nothing is lost`,
          );
    },
  };
}
