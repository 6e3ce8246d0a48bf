/** Records that cannot be counted as data, kept in a topic of their own: the bytes as they came, the rest in headers. */

import { CompressionTypes, type Kafka, type Message, Partitioners, type Producer } from "kafkajs";
import { withDeadline } from "../../base/deadline.ts";
import { groupBy } from "../../base/group-by.ts";
import type { DeadLetter } from "../contract.ts";
import type { Ask } from "./ask.ts";
import { kafkaFailure } from "./failure.ts";

/** A record's bytes are cut here, so that a letter always fits the brokers' usual 1 MB a message. */
const VALUE_BYTES_MAX = 262_144;
/** Letters of one request, for the same reason: kafkajs makes one batch of it for each partition. */
const REQUEST_BYTES_MAX = 786_432;
const DETAIL_CHARS_MAX = 2_000;
const DEADLINE_MS = 20_000;

export class DeadLetters {
  readonly #kafka: Kafka;
  readonly #ask: Ask;
  readonly #topicOf: (topic: string) => string;
  readonly #made = new Set<string>();
  #producer: Promise<Producer> | undefined;

  constructor(kafka: Kafka, ask: Ask, topicOf: (topic: string) => string) {
    this.#kafka = kafka;
    this.#ask = ask;
    this.#topicOf = topicOf;
  }

  /** Resolves once the brokers have them all. After an error some may be there: they will be there twice. */
  async keep(letters: readonly DeadLetter[]): Promise<void> {
    for (const [topic, own] of groupBy(letters, (letter) => this.#topicOf(letter.topic))) {
      await this.#makeOnce(topic);
      for (const messages of requests(own)) await this.#send(topic, messages);
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.then((one) => one.disconnect()).catch(() => {});
  }

  /** Where we may not make topics, the brokers may, or someone has: sending tells. */
  async #makeOnce(topic: string): Promise<void> {
    if (this.#made.has(topic)) return;
    await this.#ask.makeTopic(topic).catch((error: unknown) => {
      const failure = kafkaFailure("making the dead-letter topic", error);
      if (failure.retryable) throw failure;
    });
    this.#made.add(topic);
  }

  async #send(topic: string, messages: Message[]): Promise<void> {
    try {
      this.#producer ??= this.#connect();
      const sending = this.#producer.then((producer) =>
        producer.send({ topic, messages, acks: -1, compression: CompressionTypes.GZIP }),
      );
      await withDeadline(sending, DEADLINE_MS);
    } catch (error) {
      void this.close();
      throw kafkaFailure(`keeping ${messages.length} dead letters in topic "${topic}"`, error, { topic });
    }
  }

  async #connect(): Promise<Producer> {
    const producer = this.#kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    return producer;
  }
}

function* requests(letters: readonly DeadLetter[]): Generator<Message[]> {
  let messages: Message[] = [];
  let byteCount = 0;
  for (const letter of letters) {
    const message = toMessage(letter);
    const size = (message.value?.length ?? 0) + DETAIL_CHARS_MAX;
    if (byteCount + size > REQUEST_BYTES_MAX && messages.length > 0) {
      yield messages;
      messages = [];
      byteCount = 0;
    }
    messages.push(message);
    byteCount += size;
  }
  if (messages.length > 0) yield messages;
}

/** The key is the record's place, so that a compacted dead-letter topic keeps each of them once. */
export function toMessage(letter: DeadLetter): Message {
  const { topic, partition, offset, reason, detail, value, valueBytes } = letter;
  return {
    key: `${topic}/${partition}/${offset}`,
    value: value.subarray(0, VALUE_BYTES_MAX),
    headers: {
      reason,
      detail: detail.slice(0, DETAIL_CHARS_MAX),
      topic,
      partition: String(partition),
      offset: String(offset),
      valueBytes: String(valueBytes),
    },
  };
}
