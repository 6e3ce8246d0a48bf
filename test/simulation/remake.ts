/**
 * A topic that is deleted and made again under its name, while processes read it, are stopped or are down. Its new logs
 * begin at offset 0 under another id, and are shorter than what was counted, just as long, or longer. What the counting
 * promises then: no record of a new log is in a segment of the old one's path, and whoever reads ends with the reason.
 *
 * Not simulated: brokers that tell no ids, or tell a former one; and a topic that is made again before the store shows the
 * first segment of each partition. Nobody can see then that an old log was counted, and segments of both may be written.
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
/** Until the store shows every partition, ms. */
const TRY_AGAIN_MS = 10_000;

/** Drawn apart from all else: a seed whose brokers tell no ids runs as it would without this file. */
export function planRemaking(seed: number, world: World, broker: Broker, checks: Checks): void {
  const random = seededRandom(hashText(`topic ids ${seed}`));
  if (random() >= TELLING_SHARE) return;
  broker.logId = "log-1";
  if (random() >= REMADE_SHARE) return;
  world.at(START_MS + (3 + 12 * random()) * WINDOW_MS, () => remake(world, broker, checks));
}

function remake(world: World, broker: Broker, checks: Checks): void {
  const { countedLogs } = broker;
  const counted = countedLogs.map((log) => checks.tiledTo(log));
  if (countedLogs.some((log, i) => counted[i]! <= log.firstOffset)) {
    world.after(TRY_AGAIN_MS, () => remake(world, broker, checks));
    return;
  }
  broker.remakeTopic(world.chance(0.5));
  for (const log of broker.partitions) {
    const end = counted[log.partition]!;
    const count = world.pick([0, end, world.between(0, 2 * end)]);
    for (let i = 0; i < count; i++) appendNow(world, log, world.pick(LANES));
    world.note(`partition ${log.partition} was counted to ${end}, its new log ends at ${log.nextOffset}`);
  }
}
