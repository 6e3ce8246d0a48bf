/**
 * Questions to the brokers outside of consuming: where partitions begin and end, what a group has committed.
 *
 * An answer is from now (kafkajs' admin client asks for metadata anew each time, so moved leaders and new partitions
 * are seen), or there is none within the deadline. After a failure the connection is thrown away with all its state.
 */
import type { Admin, Kafka } from "kafkajs";
import { withDeadline } from "../../base/deadline.ts";
import { OperationalError } from "../../base/errors.ts";
import type { PartitionEnd } from "../contract.ts";
import { kafkaFailure } from "./failure.ts";

const DEADLINE_MS = 15_000;

export class Ask {
  readonly #kafka: Kafka;
  #admin: Promise<Admin> | undefined;

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  /** Begin and end of every partition of a topic. The end is what a reader of committed records can reach. */
  async ends(topic: string): Promise<PartitionEnd[]> {
    const offsets = await this.#ask(`reading the ends of topic "${topic}"`, (admin) =>
      admin.fetchTopicOffsets(topic),
    );
    return offsets
      .map(({ partition, low, high }) => ({
        topic,
        partition,
        startOffset: Number(low),
        endOffset: Number(high),
      }))
      .sort((a, b) => a.partition - b.partition);
  }

  /** What the group has committed, by partition; without the partitions for which there is no usable commit. */
  async commits(groupId: string, topic: string): Promise<ReadonlyMap<number, number>> {
    const answers = await this.#ask(`reading the commits of group "${groupId}"`, (admin) =>
      admin.fetchOffsets({ groupId, topics: [topic] }),
    );
    const commits = new Map<number, number>();
    for (const { partitions } of answers) {
      for (const { partition, offset } of partitions)
        if (Number(offset) >= 0) commits.set(partition, Number(offset));
    }
    return commits;
  }

  /** Throws when one of the topics is not there. Never makes one: a misspelt name would become a topic. */
  async requireTopics(topics: readonly string[]): Promise<void> {
    const known = await this.#ask("listing the topics", (admin) => admin.listTopics());
    const missing = topics.filter((topic) => !known.includes(topic));
    if (missing.length > 0) throw topicsUnknown(missing);
  }

  /** Makes a topic with the brokers' own defaults, unless it is there. */
  async makeTopic(topic: string): Promise<void> {
    await this.#ask(`making topic "${topic}"`, (admin) =>
      admin.createTopics({ topics: [{ topic }], waitForLeaders: true }),
    );
  }

  async close(): Promise<void> {
    const admin = this.#admin;
    this.#admin = undefined;
    await admin?.then((one) => one.disconnect()).catch(() => {});
  }

  async #ask<T>(what: string, question: (admin: Admin) => Promise<T>): Promise<T> {
    try {
      this.#admin ??= this.#connect();
      return await withDeadline(this.#admin.then(question), DEADLINE_MS);
    } catch (error) {
      void this.close();
      throw kafkaFailure(what, error);
    }
  }

  async #connect(): Promise<Admin> {
    const admin = this.#kafka.admin();
    await admin.connect();
    return admin;
  }
}

/** Retryable: whoever deploys may make the topics a minute later. */
function topicsUnknown(missing: readonly string[]): OperationalError {
  return new OperationalError(
    `The brokers have no topic ${missing.map((topic) => `"${topic}"`).join(", ")}, or we may not see it. Make the topic, ` +
      "correct its name in the configuration, or give us the right to read it.",
    { code: "SOURCE_TOPIC_UNKNOWN", retryable: true, context: { missing } },
  );
}
