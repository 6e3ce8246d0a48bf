/** Several members of one group, and brokers that go away: whatever happens, the cuts of all members tile the log. */
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import type { RecordSource } from "../../src/source/contract.ts";
import { createKafkaSource } from "../../src/source/kafka/kafka-source.ts";
import { kafkaOptionsSchema } from "../../src/source/kafka/options.ts";
import { startKafka } from "../harness/engines.ts";
import { describeWithEngines, engine } from "../harness/engines-suite.ts";
import { TestTopics, uniqueName } from "../harness/kafka-topics.ts";
import { RecordingHandler, reaches } from "../harness/recording-handler.ts";
import { startTcpProxy } from "../harness/tcp-proxy.ts";

const running: RecordSource[] = [];
const patiently = { timeout: 60_000, interval: 100 };

interface Member {
  readonly source: RecordSource;
  readonly handler: RecordingHandler;
}

async function join(brokers: readonly string[], options: Record<string, unknown>): Promise<Member> {
  const parsed = kafkaOptionsSchema.parse({
    brokers,
    fetchWait: "50ms",
    maxBytes: 65_536,
    sessionTimeout: "6s",
    ...options,
  });
  const context = { clock: systemClock, telemetry: new Telemetry({ level: "silent" }) };
  const source = createKafkaSource("test", parsed, context);
  const handler = new RecordingHandler();
  handler.source = source;
  running.push(source);
  await source.start(handler);
  return { source, handler };
}

/** True when all members' cuts together tile every partition up to its end. */
async function isTiled(members: readonly Member[], asker: RecordSource): Promise<boolean> {
  const cuts = members.flatMap(({ handler }) => handler.cuts);
  const ends = await asker.partitionEnds();
  return ends.every(({ topic, partition, endOffset }) =>
    reaches(cuts, `${topic}/${partition}`, 0, endOffset),
  );
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((source) => source.stop()));
});

describeWithEngines(["kafka"], "a group of Kafka sources", () => {
  let brokers: readonly string[] = [];
  let topics: TestTopics;
  beforeAll(async () => {
    ({ brokers } = await engine("kafka"));
    topics = new TestTopics(brokers);
  });

  test("members that join and leave while records flow leave no offset uncovered, and read little twice", async () => {
    const topic = await topics.make("group", 6);
    const groupId = uniqueName("group");
    const members = [await join(brokers, { topics: [topic], groupId })];
    for (let round = 0; round < 3; round++) {
      const filling = topics.fill(topic, 6_000, { from: round * 6_000, partitions: 6 });
      if (round < 2) members.push(await join(brokers, { topics: [topic], groupId }));
      else await members[0]?.source.stop();
      await filling;
    }
    const asker = members[2]?.source as RecordSource;
    await expect.poll(() => isTiled(members, asker), patiently).toBe(true);
    const numbers = members.flatMap(({ handler }) => handler.numbers());
    expect(new Set(numbers).size).toBe(18_000);
    expect(members.every(({ handler }) => handler.cuts.length > 0)).toBe(true);
    expect(numbers.length).toBeLessThan(18_000 * 2);
  });

  test("after a rebalance, reading begins at what was committed, and the handler is told so first", async () => {
    const topic = await topics.make("rejoin", 2);
    const groupId = uniqueName("group");
    await topics.fill(topic, 200, { partitions: 2 });
    const first = await join(brokers, { topics: [topic], groupId });
    await expect.poll(() => first.handler.numbers().length, patiently).toBe(200);
    const second = await join(brokers, { topics: [topic], groupId });
    await expect.poll(() => first.handler.assignments.length, patiently).toBe(2);
    await expect.poll(() => second.handler.assignments.length, patiently).toBe(1);
    const positions = [...(first.handler.assignments[1] ?? []), ...(second.handler.assignments[0] ?? [])];
    expect(positions.map(({ offset }) => offset)).toEqual([100, 100]);
    expect(new Set(positions.map(({ partition }) => partition)).size).toBe(2);
    await topics.fill(topic, 200, { from: 200, partitions: 2 });
    await expect
      .poll(() => first.handler.numbers().length + second.handler.numbers().length, patiently)
      .toBe(400);
  });
});

describeWithEngines(["kafka"], "brokers that go away", () => {
  test("one broker, killed and started again: the reader goes on", async () => {
    const kafka = await startKafka();
    try {
      const topics = new TestTopics(kafka.brokers);
      const topic = await topics.make("outage", 2);
      await topics.fill(topic, 1_000, { partitions: 2 });
      const member = await join(kafka.brokers, { topics: [topic] });
      await expect.poll(() => member.handler.numbers().length, patiently).toBe(1_000);

      await kafka.processes[0]?.end();
      await expect(member.source.partitionEnds()).rejects.toMatchObject({
        code: "SOURCE_UNREACHABLE",
        retryable: true,
      });
      await member.source.commit(topic, 0, 500); // refused in silence
      await kafka.processes[0]?.start();
      await topics.fill(topic, 1_000, { from: 1_000, partitions: 2 });
      await expect.poll(() => isTiled([member], member.source), patiently).toBe(true);
      expect(new Set(member.handler.numbers()).size).toBe(2_000);
    } finally {
      await Promise.all(running.splice(0).map((source) => source.stop()));
      await kafka.stop();
    }
  });

  // A lost heartbeat tells the handler to stop half-way, though the group may not rebalance for it.
  test("connections that break while batches are with the handler cost re-reading, never a wrong count", async () => {
    const proxy = await startTcpProxy();
    const kafka = await startKafka({ advertisedPorts: [proxy.port] });
    proxy.target = kafka.ports[0] as number;
    try {
      const topics = new TestTopics(kafka.brokers);
      const topic = await topics.make("cuts", 3);
      await topics.fill(topic, 20_000, { partitions: 3 });
      const member = await join(kafka.brokers, { topics: [topic], sessionTimeout: "3s" });
      let cutCount = 0;
      let staleCount = 0;
      member.handler.during = async (_, control) => {
        if (cutCount++ >= 4) return;
        proxy.cut();
        for (let wait = 0; wait < 40 && !control.isStale(); wait++)
          await new Promise((resolve) => setTimeout(resolve, 100));
        if (control.isStale()) staleCount++;
        proxy.heal();
      };
      await expect.poll(() => isTiled([member], member.source).catch(() => false), patiently).toBe(true);
      expect(new Set(member.handler.numbers()).size).toBe(20_000);
      expect(staleCount).toBeGreaterThan(0);
      await member.source.stop();
      await expect(member.source.finished).resolves.toBeUndefined();
    } finally {
      await Promise.all(running.splice(0).map((source) => source.stop()));
      await kafka.stop();
      await proxy.stop();
    }
  });

  describe("three brokers", () => {
    test("a killed leader moves its partitions, and nothing is missing", async () => {
      const kafka = await startKafka({ brokerCount: 3 });
      try {
        const topics = new TestTopics(kafka.brokers);
        const topic = await topics.make("three", 6);
        await topics.fill(topic, 3_000, { partitions: 6 });
        const groupId = uniqueName("group");
        const members = [
          await join(kafka.brokers, { topics: [topic], groupId }),
          await join(kafka.brokers, { topics: [topic], groupId }),
        ];
        await expect
          .poll(() => new Set(members.flatMap(({ handler }) => handler.numbers())).size, patiently)
          .toBe(3_000);
        await kafka.processes[1]?.end();
        await topics.fill(topic, 3_000, { from: 3_000, partitions: 6 });
        const asker = members[0]?.source as RecordSource;
        await expect.poll(() => isTiled(members, asker).catch(() => false), patiently).toBe(true);
        await kafka.processes[1]?.start();
        await topics.fill(topic, 3_000, { from: 6_000, partitions: 6 });
        await expect.poll(() => isTiled(members, asker).catch(() => false), patiently).toBe(true);
        expect(new Set(members.flatMap(({ handler }) => handler.numbers())).size).toBe(9_000);
      } finally {
        await Promise.all(running.splice(0).map((source) => source.stop()));
        await kafka.stop();
      }
    });
  });
});
