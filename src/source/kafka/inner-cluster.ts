/** The way to a broker's connection inside kafkajs, which its public API does not show: for requests it does not know. */
import type { Admin, Kafka } from "kafkajs";
import { METADATA_VERSION, type MetadataRequest, topicIdsRequest } from "./topic-ids.ts";

interface Broker {
  readonly versions: Readonly<Record<string, { readonly maxVersion: number }>>;
  readonly connectionPool: { send(request: MetadataRequest): Promise<ReadonlyMap<string, string>> };
}

interface Cluster {
  readonly brokerPool: { findConnectedBroker(): Promise<Broker> };
}

export interface AdminClient {
  readonly admin: Admin;
  /** Ids by topic; `undefined` where the broker that answers knows of none. Over the admin's own connection. */
  readonly topicIds: (topics: readonly string[]) => Promise<ReadonlyMap<string, string> | undefined>;
}

const CREATE_CLUSTER = "private:Kafka:createCluster";

/** An admin whose connections can be asked for topic ids, too. */
export function adminWithIds(kafka: Kafka): AdminClient {
  const inner = kafka as unknown as Record<symbol, (options: unknown) => Cluster>;
  const key = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === CREATE_CLUSTER)!;
  const create = inner[key]!;
  let cluster: Cluster | undefined;
  inner[key] = (options) => {
    cluster = create(options);
    return cluster;
  };
  try {
    const admin = kafka.admin();
    return { admin, topicIds: (topics) => askFor(cluster!, topics) };
  } finally {
    inner[key] = create;
  }
}

async function askFor(
  { brokerPool }: Cluster,
  topics: readonly string[],
): Promise<ReadonlyMap<string, string> | undefined> {
  const { versions, connectionPool } = await brokerPool.findConnectedBroker();
  if ((versions["3"]?.maxVersion ?? 0) < METADATA_VERSION) return undefined;
  return connectionPool.send(topicIdsRequest(topics));
}
