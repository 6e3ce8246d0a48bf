import { expect, test } from "vitest";
import { errorText } from "./errors.ts";

test("a cause is told once, whether or not the message quotes it", () => {
  const cause = new Error("connect ECONNREFUSED");
  expect(errorText(new Error("no answer", { cause }))).toBe("no answer (cause: connect ECONNREFUSED)");
  const quoting = new Error("no answer: connect ECONNREFUSED. Nothing is lost.", { cause });
  expect(errorText(quoting)).toBe("no answer: connect ECONNREFUSED. Nothing is lost.");
});
