import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { durationWithin, tlsFromFiles, tlsOptionsSchema } from "./client-options.ts";
import { kafkaOptionsSchema } from "./kafka/options.ts";

test.each(["99ms", "61s", "soon", "-1s"])(
  "a duration of %s is refused with its bounds and an example",
  (text) => {
    const { error } = durationWithin("5s", 100, 60_000).safeParse(text);
    expect(error?.issues[0]?.message).toBe('must be a duration from 100 ms to 60000 ms, such as "5s"');
  },
);

test("both bounds are allowed, and nothing said is the fallback", () => {
  const schema = durationWithin("5s", 100, 60_000);
  expect([schema.parse("100ms"), schema.parse("60s"), schema.parse(undefined)]).toEqual([100, 60_000, 5_000]);
});

test("a certificate without its key is refused wherever TLS is set up", () => {
  const alone = { cert: "client.pem" };
  expect(tlsOptionsSchema("the registry's").safeParse(alone).success).toBe(false);
  expect(kafkaOptionsSchema.safeParse({ brokers: ["k:9092"], topics: ["t"], ssl: alone }).success).toBe(
    false,
  );
});

test("files are read, what is not given is left out, and a missing file is named", () => {
  const folder = mkdtempSync(join(tmpdir(), "lanewatch-tls-"));
  const ca = join(folder, "ca.pem");
  writeFileSync(ca, "PEM");
  const tls = tlsOptionsSchema("the brokers'").parse({ ca });
  expect(tlsFromFiles(tls, "the options", "X")).toEqual({
    rejectUnauthorized: true,
    ca: [Buffer.from("PEM")],
  });
  rmSync(folder, { recursive: true });
  expect(() => tlsFromFiles(tls, "the source's ssl options", "SOURCE_TLS_FILE")).toThrow(
    expect.objectContaining({
      code: "SOURCE_TLS_FILE",
      message: `The file "${ca}", named in the source's ssl options, cannot be read.`,
    }),
  );
});
