/** The yardstick, as a process of its own: a stock kafkajs consumer that only calls JSON.parse. */
import kafkajs from "kafkajs";

const [brokers, topic, groupId, count] = process.argv.slice(2);
const kafka = new kafkajs.Kafka({
  clientId: groupId,
  brokers: brokers!.split(","),
  logLevel: kafkajs.logLevel.NOTHING,
});
const consumer = kafka.consumer({ groupId: groupId! });
await consumer.connect();
await consumer.subscribe({ topics: [topic!], fromBeginning: true });
let seen = 0;
let lanes = 0;
let startCpu = process.cpuUsage();
let startMs = 0;
await new Promise<void>((resolve) => {
  void consumer.run({
    eachBatch: async ({ batch }) => {
      if (seen === 0) {
        startCpu = process.cpuUsage();
        startMs = performance.now();
      }
      for (const { value } of batch.messages) {
        const record = JSON.parse(value!.toString()) as { swimlane: string };
        lanes += record.swimlane.length;
        seen++;
      }
      if (seen >= Number(count)) resolve();
    },
  });
});
const { user, system } = process.cpuUsage(startCpu);
console.log(
  JSON.stringify({ records: seen, cpuUs: user + system, wallMs: performance.now() - startMs, lanes }),
);
await consumer.disconnect();
