/**
 * A topic that is deleted and made again under its name, at any time: while processes read it, are stopped or are down,
 * also before anything of it is in the store. Its new logs begin at offset 0 under another id, and are shorter than what
 * was counted, just as long, or longer. What the counting promises then: a store has segments of one of the two topics
 * only, the first whose id it was given, and whoever reads the other ends with the reason.
 *
 * Not simulated: brokers that tell no ids, or tell a former one.
 */
import { hashText, seededRandom } from "../../src/base/random.ts";
import type { Broker } from "./broker.ts";
import type { Checks } from "./checks.ts";
import { WINDOW_MS } from "./processes.ts";
import { appendNow, LANES } from "./producers.ts";
import { START_MS, type World } from "./world.ts";

/** Share of seeds whose brokers tell topic ids; in the others ids are unknown, as with brokers older than Kafka 2.8. */
const TELLING_SHARE = 0.2;
/** Share of these in which the topic is made again. */
const REMADE_SHARE = 0.5;
/** Half of the remakings come within the first windows, when the first segments are written and shown. */
const EARLY_WINDOWS = 3;
const LATE_WINDOWS = 15;
/** Share of remakings that come right after the store took the first word of the topic's id, with readers at once. */
const TOLD_SHARE = 0.3;
const TOLD_MS_MAX = 2_000;
/** Else the group looks at its topics that often. */
const NOTICED_MS_MAX = 120_000;
/** Share of new topics that end where the old one was counted to, and get nothing more: as if there were nothing to read. */
const SILENT_SHARE = 0.2;
/** Most records of a new log at once, where nothing is counted that it could be compared with. */
const FRESH_RECORDS_MAX = 40;

/** Drawn apart from all else: a seed whose brokers tell no ids runs as it would without this file. */
export function planRemaking(
  { seed, remakes = false }: { readonly seed: number; readonly remakes?: boolean },
  world: World,
  broker: Broker,
  checks: Checks,
): void {
  const random = seededRandom(hashText(`topic ids ${seed}`));
  if (random() >= TELLING_SHARE && !remakes) return;
  broker.logId = "log-1";
  if (random() >= REMADE_SHARE && !remakes) return;
  const windows = random() * (random() < 0.5 ? EARLY_WINDOWS : LATE_WINDOWS);
  if (random() < TOLD_SHARE)
    broker.onTold = () =>
      world.after(world.between(0, TOLD_MS_MAX), () => remake(world, broker, checks, TOLD_MS_MAX));
  else world.at(START_MS + windows * WINDOW_MS, () => remake(world, broker, checks, NOTICED_MS_MAX));
}

function remake(world: World, broker: Broker, checks: Checks, noticedMsMax: number): void {
  const counted = broker.countedLogs.map((log) => checks.tiledTo(log));
  broker.remakeTopic(world.chance(0.5), noticedMsMax);
  broker.isSilent = world.chance(SILENT_SHARE);
  for (const log of broker.partitions) {
    const end = counted[log.partition]!;
    const other = world.pick([0, end, world.between(0, end > 0 ? 2 * end : FRESH_RECORDS_MAX)]);
    const count = broker.isSilent ? end : other;
    for (let i = 0; i < count; i++) appendNow(world, log, world.pick(LANES));
    world.note(`partition ${log.partition} was counted to ${end}, its new log ends at ${log.nextOffset}`);
  }
}
