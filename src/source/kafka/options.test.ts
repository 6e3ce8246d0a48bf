import { expect, test } from "vitest";
import { z } from "zod";
import { kafkaOptionsSchema } from "./options.ts";

const MINIMAL = { brokers: ["kafka:9092"], topics: ["clicks"] };

test("brokers and topics are enough", () => {
  expect(kafkaOptionsSchema.parse(MINIMAL)).toMatchObject({
    groupId: "lanewatch",
    ssl: false,
    sessionTimeout: 30_000,
    fetchWait: 500,
    maxBytes: 8_388_608,
  });
});

test("a dead-letter topic that is read as well is refused: letters would breed", () => {
  const result = kafkaOptionsSchema.safeParse({ ...MINIMAL, deadLetterTopic: "clicks" });
  expect(result.error?.issues[0]).toMatchObject({
    path: ["deadLetterTopic"],
    message: expect.stringContaining("dead letter"),
  });
});

test.each([
  [{ ...MINIMAL, brokers: ["kafka"] }, "brokers"],
  [{ ...MINIMAL, topics: [] }, "topics"],
  [{ ...MINIMAL, sessionTimeout: "soon" }, "sessionTimeout"],
  [{ ...MINIMAL, ssl: { cert: "a.pem" } }, "ssl"],
  [{ ...MINIMAL, sasl: { mechanism: "gssapi", username: "u", password: "p" } }, "sasl"],
])("%j is refused at %s", (options, path) => {
  expect(kafkaOptionsSchema.safeParse(options).error?.issues[0]?.path[0]).toBe(path);
});

test("editors and the reference get every option with its description", () => {
  const { properties } = z.toJSONSchema(kafkaOptionsSchema, { io: "input" }) as {
    properties: Record<string, { description?: string }>;
  };
  expect(Object.keys(properties)).toContain("deadLetterTopic");
  for (const [name, { description }] of Object.entries(properties))
    expect(description, name).toMatch(/.{15}/);
});
