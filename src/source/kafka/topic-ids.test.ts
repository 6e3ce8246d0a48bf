/** The bytes as Kafka's protocol guide has them; that a broker agrees, test/engines/kafka-recreated.test.ts says. */
import { expect, test } from "vitest";
import { decodeTopicIds, topicIdsRequest } from "./topic-ids.ts";

const ID = "0f2c1a9e-0011-4455-8899-aabbccddeeff";
const NIL = "0".repeat(32);

test("the request names the topics, makes none and asks for no rights", async () => {
  const { request } = topicIdsRequest(["ab", "é"]);
  expect(request).toMatchObject({ apiKey: 3, apiVersion: 10 });
  const header = "00"; // no tagged fields
  const topics = `03 ${NIL} 03 6162 00 ${NIL} 03 c3a9 00`;
  expect((await request.encode()).buffer.toString("hex")).toBe(hex(`${header} ${topics} 00 00 00 00`));
});

test("an answer gives the ids of the topics that have one", () => {
  const id = hex(ID.replaceAll("-", ""));
  const partition = "0000 00000000 00000001 00000005 02 00000001 02 00000001 01 00";
  const topics = [
    topic({ name: "6162", id, partitions: [partition, partition] }),
    topic({ name: "6163", id: NIL, partitions: [partition] }), // made before ids
    topic({ error: "0003", name: "6164", id, partitions: [] }), // not there
  ];
  expect(decodeTopicIds(answer(topics))).toEqual(new Map([["ab", ID]]));
});

test("an answer that ends too early, wherever, is refused and not taken for another id", () => {
  const whole = answer([topic({ name: "6162", id: hex(ID.replaceAll("-", "")), partitions: [] })]);
  for (let length = 0; length < whole.length - 5; length++)
    expect(() => decodeTopicIds(whole.subarray(0, length)), `${length} bytes`).toThrow(
      expect.objectContaining({ code: "SOURCE_TOPIC_IDS_UNREADABLE" }),
    );
});

interface Topic {
  readonly error?: string;
  readonly name: string;
  readonly id: string;
  readonly partitions: readonly string[];
}

function topic({ error = "0000", name, id, partitions }: Topic): string {
  return `${error} 03 ${name} ${id} 00 ${byte(partitions.length + 1)} ${partitions.join(" ")} 80000000 00`;
}

/** One broker with a rack and a tagged field that nobody knows yet, a cluster's name, a controller. */
function answer(topics: readonly string[]): Buffer {
  const broker = "00000001 0a 6c6f63616c686f7374 00002384 02 72 01 07 02 ffff";
  const head = `00 00000000 02 ${broker} 02 63 00000001`;
  return Buffer.from(hex(`${head} ${byte(topics.length + 1)} ${topics.join(" ")} 80000000 00`), "hex");
}

const byte = (value: number) => value.toString(16).padStart(2, "0");
const hex = (text: string) => text.replaceAll(" ", "");
