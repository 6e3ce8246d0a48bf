import { expect, test } from "vitest";
import { InvariantError, OperationalError } from "../../base/errors.ts";
import { kafkaFailure } from "./failure.ts";

test("a broker that is away can be asked again, one that says no cannot", () => {
  const away = Object.assign(new Error("connect ECONNREFUSED"), { name: "KafkaJSConnectionError" });
  expect(kafkaFailure("asking", away)).toMatchObject({ code: "SOURCE_UNREACHABLE", retryable: true });
  const no = Object.assign(new Error("Not authorized"), { type: "TOPIC_AUTHORIZATION_FAILED" });
  const wrapped = new Error("Retries exceeded", { cause: no });
  expect(kafkaFailure("asking", wrapped)).toMatchObject({ code: "SOURCE_REFUSED", retryable: false });
});

test("our own errors pass as they are", () => {
  const own = new OperationalError("x", { code: "X", retryable: false });
  expect(kafkaFailure("asking", own)).toBe(own);
  expect(kafkaFailure("asking", new InvariantError("bug")).cause).toBeInstanceOf(InvariantError);
});
