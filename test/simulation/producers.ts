/** The simulated pipelines: every lane brings the same count of records in every window, save where they are cut off on purpose. */
import type { Broker } from "./broker.ts";
import type { Outcome, PartitionLog } from "./log.ts";
import { LANE, WINDOW_MS } from "./processes.ts";
import { START_MS, type World } from "./world.ts";

export const LANES = ["a", "b"] as const;
const RECORDS_PER_WINDOW = 6;
/** A record is with the broker at most this long after it happened; less than the allowed lateness. */
const DELAY_MS_MAX = 15_000;

export interface Drop {
  readonly lane: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ProducerPlan {
  readonly untilMs: number;
  /** Shares of records. */
  readonly lateShare: number;
  readonly oddShare: number;
  readonly jumpShare: number;
  readonly drop: Drop | undefined;
  /** Spans in which a partition gets nothing. */
  readonly quiet: readonly { readonly partition: number; readonly fromMs: number; readonly toMs: number }[];
}

export function startProducers(world: World, broker: Broker, plan: ProducerPlan): void {
  for (const lane of LANES)
    for (let windowMs = START_MS; windowMs < plan.untilMs; windowMs += WINDOW_MS)
      world.at(windowMs, () => produceWindow(world, broker, plan, lane, windowMs));
}

function produceWindow(
  world: World,
  broker: Broker,
  plan: ProducerPlan,
  lane: string,
  windowMs: number,
): void {
  const { drop } = plan;
  if (
    drop !== undefined &&
    (drop.lane === lane || drop.lane === "*") &&
    windowMs >= drop.fromMs &&
    windowMs < drop.toMs
  )
    return;
  for (let i = 0; i < RECORDS_PER_WINDOW; i++) {
    const eventMs = windowMs + Math.floor(((i + world.random()) * WINDOW_MS) / RECORDS_PER_WINDOW);
    const late = world.chance(plan.lateShare);
    const delayMs = late ? world.between(60_000, 400_000) : world.between(0, DELAY_MS_MAX);
    world.at(eventMs + delayMs, () => append(world, broker, plan, { lane, eventMs, outcome: "ok" }));
  }
  if (world.chance(plan.oddShare * RECORDS_PER_WINDOW))
    world.at(windowMs + world.between(0, WINDOW_MS), () => appendOdd(world, broker, plan, lane));
}

function appendOdd(world: World, broker: Broker, plan: ProducerPlan, lane: string): void {
  const nowMs = Math.floor(world.nowMs);
  const outcome = world.pick<Outcome>(["late", "future", "empty", "undecodable", "no_time", "no_swimlane"]);
  const eventMs =
    outcome === "late"
      ? nowMs - LANE.lateMaxMs - 1 - world.between(0, 1e6)
      : outcome === "future"
        ? nowMs + LANE.futureMaxMs + 1
        : nowMs;
  append(world, broker, plan, { lane, eventMs, outcome });
}

interface Draft {
  readonly lane: string;
  readonly eventMs: number;
  readonly outcome: Outcome;
}

function append(world: World, broker: Broker, plan: ProducerPlan, draft: Draft): void {
  if (broker.isSilent) return;
  const nowMs = Math.floor(world.nowMs);
  const open = broker.partitions.filter(
    ({ partition }) =>
      !plan.quiet.some((q) => q.partition === partition && nowMs >= q.fromMs && nowMs < q.toMs),
  );
  const log = world.pick(open.length > 0 ? open : broker.partitions);
  if (world.chance(plan.jumpShare)) log.jump(world.between(1, 3));
  const x = world.between(0, 1000);
  log.append({ ...draft, x, logTimeMs: nowMs, value: recordOf(draft, x) });
}

/** A record of now, in a partition that is named. */
export function appendNow(world: World, log: PartitionLog, lane: string): void {
  const eventMs = Math.floor(world.nowMs);
  const x = world.between(0, 1000);
  const draft: Draft = { lane, eventMs, outcome: "ok" };
  log.append({ ...draft, x, logTimeMs: eventMs, value: recordOf(draft, x) });
}

function recordOf({ lane, eventMs, outcome }: Draft, x: number): Buffer | null {
  switch (outcome) {
    case "empty":
      return null;
    case "undecodable":
      return Buffer.from("not JSON");
    case "no_time":
      return Buffer.from(`{"swimlane":"${lane}","features":{"x":${x}}}`);
    case "no_swimlane":
      return Buffer.from(`{"ts":${eventMs},"features":{"x":${x}}}`);
    default:
      return Buffer.from(`{"ts":${eventMs},"swimlane":"${lane}","features":{"x":${x}}}`);
  }
}
