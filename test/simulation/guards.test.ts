import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { GUARDS, withoutGuard } from "./guards.ts";

// Whether the simulator misses each of them: `npm run simulate:guards`.
test.each(GUARDS)("guard $name stands exactly once in $file", (guard) => {
  const source = readFileSync(new URL(`../../${guard.file}`, import.meta.url), "utf8");
  expect(withoutGuard(source, guard)).not.toBe(source);
});

test("a guard whose text is gone, or stands twice, is refused by name", () => {
  const guard = GUARDS[0]!;
  expect(() => withoutGuard("", guard)).toThrow(guard.name);
  expect(() => withoutGuard(guard.text + guard.text, guard)).toThrow("2 times");
});
