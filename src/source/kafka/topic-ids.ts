/**
 * Topic ids, which tell a topic from one that was deleted and made again under its name. kafkajs speaks no version of
 * the protocol that has them (Metadata from 10 on, brokers from 2.8 on), so the request is put together here and sent
 * over a connection of kafkajs.
 *
 * @see https://cwiki.apache.org/confluence/display/KAFKA/KIP-516 for topic ids, KIP-482 for compact and tagged fields.
 */
import { OperationalError } from "../../base/errors.ts";

const METADATA_KEY = 3;
export const METADATA_VERSION = 10;
/** What brokers answer for a topic that was made before they knew of ids. */
const NIL_ID = "00000000-0000-0000-0000-000000000000";

/** What kafkajs sends: `encode` resolves to something that has the bytes as `buf` and as `buffer`. */
export interface MetadataRequest {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    readonly encode: () => Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
  };
  readonly response: {
    readonly decode: (answer: Buffer) => Promise<ReadonlyMap<string, string>>;
    readonly parse: (ids: ReadonlyMap<string, string>) => Promise<ReadonlyMap<string, string>>;
  };
}

/** Asks for the ids of topics; never makes one. The answer is by name, without topics that have no id or no answer. */
export function topicIdsRequest(topics: readonly string[]): MetadataRequest {
  const bytes = encodeRequest(topics);
  return {
    request: {
      apiKey: METADATA_KEY,
      apiVersion: METADATA_VERSION,
      apiName: "Metadata",
      encode: async () => ({ buf: bytes, buffer: bytes }),
    },
    response: { decode: async (answer) => decodeTopicIds(answer), parse: async (ids) => ids },
  };
}

function encodeRequest(topics: readonly string[]): Buffer {
  const parts: Buffer[] = [Buffer.from([0]), unsignedVarint(topics.length + 1)]; // no tags of the header; the topics
  for (const topic of topics) {
    const name = Buffer.from(topic, "utf8");
    parts.push(Buffer.alloc(16), unsignedVarint(name.length + 1), name, Buffer.from([0])); // no id, the name, no tags
  }
  parts.push(Buffer.from([0, 0, 0, 0])); // make no topic, tell no rights of the cluster nor of topics, no tags
  return Buffer.concat(parts);
}

function unsignedVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/**
 * @param answer a Metadata answer of version 10, from behind its correlation id.
 * @returns ids by topic, as UUIDs.
 * @throws {OperationalError} SOURCE_TOPIC_IDS_UNREADABLE, when the bytes are no such answer: the ids are then unknown, nothing else.
 */
export function decodeTopicIds(answer: Buffer): ReadonlyMap<string, string> {
  const reader = new CompactReader(answer);
  reader.skipTags();
  reader.skip(4); // how long we are throttled
  reader.forEach(() => {
    reader.skip(4);
    reader.text();
    reader.skip(4);
    reader.text();
    reader.skipTags();
  });
  reader.text();
  reader.skip(4);
  const ids = new Map<string, string>();
  reader.forEach(() => {
    const errorCode = reader.int16();
    const name = reader.text();
    const id = reader.uuid();
    reader.skip(1);
    reader.forEach(() => {
      reader.skip(2 + 4 + 4 + 4);
      for (let list = 0; list < 3; list++) reader.skip(4 * reader.count());
      reader.skipTags();
    });
    reader.skip(4);
    reader.skipTags();
    if (errorCode === 0 && id !== NIL_ID) ids.set(name, id);
  });
  return ids;
}

/** Kafka's flexible encoding: lengths are one more than what they count, and every structure ends with tagged fields. */
class CompactReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  skip(count: number): void {
    this.#at += count;
    if (this.#at > this.#bytes.length)
      throw unreadable(`it ends after ${this.#bytes.length} bytes, within a field`);
  }

  int16(): number {
    this.skip(2);
    return this.#bytes.readInt16BE(this.#at - 2);
  }

  /** "" for null, too. */
  text(): string {
    const length = this.count();
    this.skip(length);
    return this.#bytes.toString("utf8", this.#at - length, this.#at);
  }

  uuid(): string {
    this.skip(16);
    const hex = this.#bytes.toString("hex", this.#at - 16, this.#at);
    return [0, 8, 12, 16, 20].map((from, i) => hex.slice(from, [8, 12, 16, 20, 32][i])).join("-");
  }

  /** How many of them follow; 0 for null, too. */
  count(): number {
    return Math.max(0, this.#unsigned() - 1);
  }

  forEach(read: () => void): void {
    for (let left = this.count(); left > 0; left--) read();
  }

  skipTags(): void {
    for (let left = this.#unsigned(); left > 0; left--) {
      this.#unsigned();
      this.skip(this.#unsigned());
    }
  }

  #unsigned(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      this.skip(1);
      const byte = this.#bytes[this.#at - 1]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw unreadable("a length has more than five bytes");
  }
}

function unreadable(why: string): OperationalError {
  return new OperationalError(
    `A broker's answer about topic ids cannot be read: ${why}. Counting goes on; a topic that was made again is told by its ` +
      "offsets only, when it is shorter than what was read.",
    { code: "SOURCE_TOPIC_IDS_UNREADABLE", retryable: false },
  );
}
