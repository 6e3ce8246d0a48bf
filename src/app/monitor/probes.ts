/** Which conditions a process watches: each what it can see. */
import type { Clock } from "../../base/clock.ts";
import { Recent } from "../../base/recent.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import { tiledEnd } from "../../rollup/tiled-end.ts";
import type { PartitionEnd } from "../../source/contract.ts";
import type { Store } from "../../store/contract.ts";
import type { Config } from "../config/schema.ts";
import { readLogIds } from "../ingest/log-ids.ts";
import { LOOK_AGE_MS_MAX, type WatchedSource } from "../rollup/recent-ends.ts";
import { type Probe, UNKNOWN } from "./alerts.ts";
import { brokersProbe, readyProbe } from "./engine-probes.ts";
import { LagWatch } from "./lag-probes.ts";
import { logProbe } from "./log-probe.ts";
import { deliveryProbe, slowDecodeProbe, waitingProbe } from "./process-probes.ts";
import { auditsProbe, reconciledProbe, rejectedProbe } from "./store-probes.ts";

export interface ProbeParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly store: Store;
  /** Between its opening and its closing: asked at other times, a store in a file is a bug of ours. */
  readonly isStoreOpen: () => boolean;
  /** Empty until they are made. */
  readonly sources: () => readonly WatchedSource[];
  readonly queueReady: () => Promise<boolean>;
  /** Notifiers that take nothing. */
  readonly failing: () => readonly string[];
  /** Where the path of a partition ends, where this process walks it itself. */
  readonly pathEnd: ((end: PartitionEnd) => number | undefined) | undefined;
}

/** What is looked at by the one process that tells people: the engines, and what the store and the broker know. */
export function sharedProbes(parts: ProbeParts): readonly Probe[] {
  const { config, store, clock } = parts;
  const { monitor } = config;
  const brokers = () => parts.sources().filter(({ committed }) => committed !== undefined);
  const tiled = new Recent<string, number | undefined>(clock, LOOK_AGE_MS_MAX);
  const pathEnd = async (end: PartitionEnd) => {
    const { topic, partition } = end;
    return (
      parts.pathEnd?.(end) ?? tiled.get(`${topic}|${partition}`, () => tiledEnd(store, topic, partition))
    );
  };
  const lag = new LagWatch({
    clock,
    sources: brokers,
    pathEnd,
    canCount: async () => parts.isStoreOpen() && (await store.ready()),
    lagMs: monitor.lag,
    stuckMs: monitor.stuck,
  });
  return [
    readyProbe("store-unreachable", `the store (${store.name})`, () => store.ready(), monitor.unreachable),
    brokersProbe(brokers, monitor.unreachable),
    readyProbe(
      "queue-unreachable",
      `the queue (${config.queue.type})`,
      parts.queueReady,
      monitor.unreachable,
    ),
    whileOpen(
      parts,
      logProbe({ clock, sources: brokers, pathEnd, logIdsOf: (topic) => readLogIds(store, topic) }),
    ),
    ...lag.probes(),
    whileOpen(parts, auditsProbe(parts, monitor.auditsLate)),
    deliveryProbe(parts.failing, monitor.deliveryFailing),
    whileOpen(parts, reconciledProbe(parts)),
    whileOpen(parts, rejectedProbe(parts, monitor.rejectedShare)),
  ];
}

function whileOpen({ isStoreOpen }: Pick<ProbeParts, "isStoreOpen">, probe: Probe): Probe {
  return { ...probe, look: async () => (isStoreOpen() ? await probe.look() : UNKNOWN) };
}

/** What only a process that reads can see of itself. */
export function readingProbes({
  config,
  telemetry,
}: Pick<ProbeParts, "config" | "telemetry">): readonly Probe[] {
  const { monitor, segments } = config;
  return [
    waitingProbe(telemetry, segments.waitingBytesMax, monitor.waiting),
    slowDecodeProbe(telemetry, monitor.slowDecodeShare, monitor.slowDecode),
  ];
}
