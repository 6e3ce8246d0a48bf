import fc from "fast-check";
import { expect, test } from "vitest";
import { fromStoredText, toStoredText } from "./stored-text.ts";

const ANY_TEXT = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(fc.constantFrom("\u0000", "\ue000", "\ud800", "\udfff", "0000", "e000", "a", "🦆"))
    .map((parts) => parts.join("")),
);

test("any text comes back from what is stored, so no two are stored alike", () => {
  fc.assert(fc.property(ANY_TEXT, (text) => fromStoredText(toStoredText(text)) === text));
});

test("what is stored has no NUL and no half of a pair", () => {
  fc.assert(
    fc.property(ANY_TEXT, (text) => {
      const stored = toStoredText(text);
      expect(stored.includes("\u0000")).toBe(false);
      expect(Buffer.from(stored).toString()).toBe(stored);
    }),
  );
});

test("common text is stored as it is", () => {
  for (const text of ["", "age", "ünïcödé 漢字 🦆", "a\nb\t\"c'"]) expect(toStoredText(text)).toBe(text);
});
