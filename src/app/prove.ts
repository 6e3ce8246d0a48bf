/**
 * Records in the log against records accounted for, over the store's manifests and, where there is a broker, against
 * what it says of the log: what `lanewatch prove` and `GET /v1/proof` answer.
 *
 * The broker is asked first. A commit is made only after its manifest was acknowledged, so a manifest that a commit
 * speaks of must be there, or about to be seen, when the store is read after it.
 */
import type { Clock } from "../base/clock.ts";
import { errorText, OperationalError } from "../base/errors.ts";
import type { PartitionProofAnswer, ProofAnswer } from "../control/proof/wire-proof.ts";
import { type BrokerPartition, compareWithBroker, holdsWithBroker } from "../rollup/broker-side.ts";
import { readAllManifests } from "../rollup/manifests.ts";
import { sumOutcomes, type WalkedPartition, walkPartition } from "../rollup/proof.ts";
import { firstOffsetsSql, OFF_PATH_MAX, type ProvenRange, proofSql } from "../rollup/proof-sql.ts";
import type { RecordSource } from "../source/contract.ts";
import type { Store, TimeSpan } from "../store/contract.ts";
import { readLogIds, type StoredLogIds } from "./ingest/log-ids.ts";

export interface ProveParts {
  readonly store: Pick<Store, "readManifests" | "readPartitions" | "readStates" | "query" | "tablePrefix">;
  readonly clock: Clock;
  /** Those whose log is kept by a broker; empty to prove from the store alone. */
  readonly sources: readonly Pick<RecordSource, "name" | "partitionEnds" | "committed">[];
  /** Why no broker is asked, where none is. */
  readonly whyNotAsked: string;
}

export interface ProveAsked extends TimeSpan {
  readonly topic?: string;
}

/** Before a period, this much is walked too: enough to be on the path when it begins. */
const RUN_UP_MS = 3_600_000;
/** A store may show a manifest later than it acknowledged it: so often it is looked for, a second apart. */
const MISSING_LOOKS = 5;
const LOOK_AGAIN_MS = 1_000;

export async function prove(parts: ProveParts, asked: ProveAsked): Promise<ProofAnswer> {
  const broker = await askBrokers(parts, asked.topic);
  const from = await firstOffsets(parts, asked);
  const partitions: PartitionProofAnswer[] = [];
  const ranges: ProvenRange[] = [];
  const logIds = await logIdsOf(parts, broker.partitions);
  for (const place of await placesOf(parts, asked, broker.partitions)) {
    const countedLogId = otherLogId(place, logIds);
    const fromOffset = from.get(nameOf(place)) ?? 0;
    const { answer, walked } = await provePlace(parts, asked, { ...place, countedLogId, fromOffset });
    if (answer.counted === null && answer.broker === null) continue;
    partitions.push(answer);
    if (answer.counted !== null) ranges.push({ ...place, ...answer.counted, offPath: walked!.offPath });
  }
  const sql = proofSql(ranges, parts.store.tablePrefix);
  const reasons = reasonsOf(parts, partitions, broker, asked, sql === undefined && ranges.length > 0);
  const isBroken = partitions.some(({ holds }) => !holds);
  return {
    result: isBroken ? "broken" : reasons.unknown.length > 0 ? "unknown" : "proven",
    reasons: [...reasons.unknown, ...reasons.notes],
    sinceMs: finite(asked.sinceMs),
    untilMs: finite(asked.untilMs),
    broker: { asked: broker.asked, detail: broker.detail },
    outcomes: sumOutcomes(partitions.flatMap(({ counted }) => counted ?? [])),
    partitions,
    sql: sql ?? "",
  };
}

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly broker: BrokerPartition | undefined;
}

interface Brokers {
  readonly asked: boolean;
  readonly detail: string;
  /** Brokers that should have answered and did not. */
  readonly failures: readonly string[];
  readonly partitions: readonly BrokerPartition[];
}

async function askBrokers({ sources, whyNotAsked }: ProveParts, topic: string | undefined): Promise<Brokers> {
  if (sources.length === 0) return { asked: false, detail: whyNotAsked, failures: [], partitions: [] };
  const partitions: BrokerPartition[] = [];
  const failures: string[] = [];
  for (const source of sources) {
    try {
      const commits = new Map(
        ((await source.committed?.()) ?? []).map((each) => [nameOf(each), each.offset] as const),
      );
      for (const end of await source.partitionEnds())
        if (topic === undefined || end.topic === topic)
          partitions.push({ ...end, commitOffset: commits.get(nameOf(end)) });
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error;
      failures.push(`source "${source.name}": ${errorText(error)}`);
    }
  }
  const detail =
    failures.length === 0
      ? `the brokers of ${sources.map(({ name }) => `"${name}"`).join(", ")} answered`
      : failures.join("; ");
  return { asked: failures.length < sources.length, detail, failures, partitions };
}

async function firstOffsets(
  { store }: ProveParts,
  { sinceMs }: ProveAsked,
): Promise<ReadonlyMap<string, number>> {
  if (!Number.isFinite(sinceMs)) return new Map();
  const rows = await store.query(firstOffsetsSql(sinceMs - RUN_UP_MS, store.tablePrefix));
  return new Map(
    rows.map((row) => [
      nameOf({ topic: String(row["topic"]), partition: Number(row["topic_partition"]) }),
      Number(row["from_offset"]),
    ]),
  );
}

/** Every partition that the store or a broker knows, by name. */
async function placesOf(
  { store }: ProveParts,
  asked: ProveAsked,
  ofBrokers: readonly BrokerPartition[],
): Promise<readonly Place[]> {
  const brokers = new Map(ofBrokers.map((each) => [nameOf(each), each]));
  const stored = (await store.readPartitions()).filter(
    ({ topic }) => asked.topic === undefined || topic === asked.topic,
  );
  const places = new Map<string, Place>();
  for (const { topic, partition } of [...stored, ...ofBrokers]) {
    const name = nameOf({ topic, partition });
    places.set(name, { topic, partition, broker: brokers.get(name) });
  }
  return [...places.values()].sort((a, b) =>
    a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1,
  );
}

/** What the store knows of the logs of the topics whose brokers tell ids, by topic. */
async function logIdsOf(
  { store }: ProveParts,
  ofBrokers: readonly BrokerPartition[],
): Promise<ReadonlyMap<string, StoredLogIds>> {
  const topics = new Set(ofBrokers.flatMap(({ topic, logId }) => (logId === undefined ? [] : [topic])));
  return new Map(
    await Promise.all([...topics].map(async (topic) => [topic, await readLogIds(store, topic)] as const)),
  );
}

function otherLogId(
  { topic, partition, broker }: Place,
  logIds: ReadonlyMap<string, StoredLogIds>,
): string | undefined {
  return broker?.logId === undefined ? undefined : logIds.get(topic)!.otherThan(broker.logId, partition);
}

async function provePlace(
  { store, clock }: ProveParts,
  period: TimeSpan,
  {
    topic,
    partition,
    broker,
    countedLogId,
    fromOffset,
  }: Place & { readonly countedLogId: string | undefined; readonly fromOffset: number },
): Promise<{ readonly answer: PartitionProofAnswer; readonly walked: WalkedPartition | undefined }> {
  for (let look = 1; ; look++) {
    const walked = walkPartition(await readAllManifests(store, topic, partition, fromOffset), period);
    const isAsked = broker !== undefined && (walked?.endsInPeriod ?? true);
    const side = isAsked ? sideOf(walked, { ...broker, countedLogId }, fromOffset) : null;
    if (side !== null && side.missing !== null && look < MISSING_LOOKS) {
      await clock.sleep(LOOK_AGAIN_MS);
      continue;
    }
    const counted = walked?.proof ?? null;
    const holds = (counted?.holds ?? true) && (side === null || holdsWithBroker(side));
    return { answer: { topic, partition, counted, broker: side, holds }, walked };
  }
}

/** Read from the middle on, nothing can be said of what lies before. */
function sideOf(walked: WalkedPartition | undefined, broker: BrokerPartition, fromOffset: number) {
  const side = compareWithBroker(walked, broker);
  return fromOffset > 0 ? { ...side, beforeCount: 0 } : side;
}

/** What keeps the answer from being `proven`, and what does not but should be said. */
function reasonsOf(
  parts: ProveParts,
  partitions: readonly PartitionProofAnswer[],
  { failures }: Brokers,
  asked: ProveAsked,
  isSqlTooLong: boolean,
): { readonly unknown: readonly string[]; readonly notes: readonly string[] } {
  const unknown = failures.map(
    (failure) =>
      `the broker could not be asked, so what lies after the last manifest is not proven (${failure})`,
  );
  const of = asked.topic === undefined ? "" : ` of topic ${asked.topic}`;
  const isWhole = !Number.isFinite(asked.sinceMs) && !Number.isFinite(asked.untilMs);
  if (partitions.every(({ counted }) => counted === null))
    unknown.push(
      `the store has no manifests${of}${isWhole ? "" : " in that period"}: nothing was counted, nothing is proven`,
    );
  for (const { topic, partition, broker } of partitions) {
    if (broker?.forgotten)
      unknown.push(
        `${topic}/${partition}: the group has committed offset ${broker.forgotten.endOffset}, and the store has no manifest ` +
          "of the partition: they are older than the store keeps, or were deleted",
      );
  }
  const notes: string[] = [];
  if (parts.sources.length === 0)
    notes.push(
      `from the store alone (${parts.whyNotAsked}): what lies after the last manifest is not looked at`,
    );
  if (isSqlTooLong)
    notes.push(
      `no SQL: it would have to leave out more than ${OFF_PATH_MAX} segments by name; ask for a shorter period`,
    );
  return { unknown, notes };
}

function nameOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}|${partition}`;
}

function finite(ms: number): number | null {
  return Number.isFinite(ms) ? ms : null;
}
