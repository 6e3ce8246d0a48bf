import fc from "fast-check";
import { expect, test } from "vitest";
import { parseVerdictName, verdictName } from "./verdict-key.ts";

const window = { windowStartMs: Date.UTC(2026, 10, 23, 14, 5), windowSizeMs: 60_000 };

test("a verdict's name tells lane, source, feature, detector and window", () => {
  const key = { swimlane: "prod", source: "clicks", feature: "price", detector: "psi", ...window };
  expect(verdictName(key)).toBe("prod/clicks/price/psi/2026-11-23T14:05Z/1m");
});

test("the records as a whole are told from a feature that is called like their sign", () => {
  const of = (feature: string) =>
    verdictName({ swimlane: "a", source: "b", feature, detector: "volume", ...window });
  expect([of("*"), of("-")].map((name) => parseVerdictName(name)?.feature)).toEqual(["*", "-"]);
  expect(of("*")).toContain("/-/");
});

test("any names and times come back whole, in characters that no shell or URL changes", () => {
  const text = fc.string({ unit: "binary", maxLength: 20 });
  fc.assert(
    fc.property(
      fc.record({
        swimlane: text,
        source: text,
        feature: text,
        detector: text,
        windowStartMs: fc.integer({ min: -1e12, max: 8e12 }),
        windowSizeMs: fc.integer({ min: 1, max: 1e10 }),
      }),
      (key) => {
        const name = verdictName(key);
        expect(name).toMatch(/^[\w.~%:/-]+$/);
        expect(parseVerdictName(name)).toEqual(key);
      },
    ),
  );
});

test.each([
  "",
  "prod",
  "a/b/c/d/2026-11-23T14:05Z",
  "a/b/c/d/yesterday/1m",
  "a/b/c/d/2026-11-23T14:05Z/soon",
  "%/b/c/d/2026-11-23T14:05Z/1m",
])("%j is no verdict's name", (text) => expect(parseVerdictName(text)).toBeUndefined());
