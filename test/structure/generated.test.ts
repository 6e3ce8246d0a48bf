import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { generated } from "../../scripts/generate.ts";

test.each([...generated()])(
  "%s is what the code says (else run `npx tsx scripts/generate.ts`)",
  (path, text) => {
    expect(readFileSync(path, "utf8")).toBe(text);
  },
);
