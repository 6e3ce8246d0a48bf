/** Bytes from outside: whatever they are, reading ends in a sketch that answers or in a clear refusal. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { answersOfFrequent, answersOfHll, answersOfKll } from "../../bench/sketch/vector-answers.ts";
import { seededRandom } from "../base/random.ts";
import { deserializeFrequent } from "./frequent-format.ts";
import { deserializeHll } from "./hll-format.ts";
import { deserializeKll } from "./kll-format.ts";
import { SketchCorruptError } from "./sketch-bytes.ts";

const FOLDER = "test/data/vectors";
const FILES = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".sk"))
  .map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(FOLDER, name))) }));

const QUESTIONS = { probe_values: [-1, 0, 1], quantile_ranks: [0, 0.5, 1], split_points: [0, 1] };

const READERS: readonly ((bytes: Uint8Array) => unknown)[] = [
  (bytes) => answersOfKll(deserializeKll(bytes, "double", 1), QUESTIONS),
  (bytes) => answersOfKll(deserializeKll(bytes, "float", 1), QUESTIONS),
  (bytes) => answersOfHll(deserializeHll(bytes)),
  (bytes) => answersOfFrequent(deserializeFrequent(bytes)),
];

function readerOf(name: string) {
  if (name.startsWith("hll")) return READERS[2]!;
  if (name.startsWith("frequent")) return READERS[3]!;
  return name.startsWith("kll_floats") ? READERS[1]! : READERS[0]!;
}

/** "read" or "refused"; anything else is thrown on. */
function outcomeOf(bytes: Uint8Array, readers = READERS): string[] {
  return readers.map((read) => {
    try {
      read(bytes);
      return "read";
    } catch (error) {
      if (error instanceof SketchCorruptError) return "refused";
      throw error;
    }
  });
}

test("a sketch cut off anywhere is refused by its reader", () => {
  for (const { name, bytes } of FILES.filter((file) => file.bytes.length > 8 && file.bytes.length < 3_000)) {
    for (let length = 0; length < bytes.length; length += 1 + Math.floor(bytes.length / 60)) {
      // The empty flag alone makes eight bytes enough; none of these files has it.
      const outcomes = outcomeOf(bytes.slice(0, length), [readerOf(name)]);
      // HLL_6 ends in a byte of padding that holds nothing.
      if (length < bytes.length - 1) expect(outcomes).not.toContain("read");
    }
  }
});

test("changed bytes are read or refused, quickly, and never crash", () => {
  const random = seededRandom(2026);
  const startMs = performance.now();
  let refused = 0;
  const rounds = 5_000;
  for (let round = 0; round < rounds; round++) {
    const bytes = FILES[Math.floor(random() * FILES.length)]!.bytes.slice();
    // Mostly the header, where lengths and counts are.
    for (let i = 0; i <= random() * 3; i++) {
      const at = Math.floor(random() * (random() < 0.7 ? Math.min(44, bytes.length) : bytes.length));
      bytes[at] = Math.floor(random() * 256);
    }
    if (outcomeOf(bytes).every((outcome) => outcome === "refused")) refused++;
  }
  expect(refused).toBeGreaterThan(rounds / 4);
  expect(refused).toBeLessThan(rounds);
  expect(performance.now() - startMs).toBeLessThan(20_000);
});

test("random bytes behind any header are read or refused", () => {
  const header = fc.tuple(
    fc.constantFrom(1, 2, 3, 4, 5, 10),
    fc.constantFrom(1, 2, 3),
    fc.constantFrom(7, 10, 15),
    fc.nat(31),
    fc.nat(255),
    fc.nat(31),
    fc.constantFrom(8, 0, 3),
    fc.nat(15),
  );
  fc.assert(
    fc.property(header, fc.uint8Array({ maxLength: 200 }), (first, rest) => {
      outcomeOf(Uint8Array.from([...first, ...rest]));
    }),
    { numRuns: 1_500, seed: 7 },
  );
});

test("a file that claims more than it holds allocates nothing for the claim", () => {
  const claims: [string, (bytes: Uint8Array) => unknown, number[]][] = [
    ["two billion items", (b) => deserializeFrequent(b), [4, 1, 10, 26, 26, 0, 0, 0, 255, 255, 255, 127]],
    ["two million registers", (b) => deserializeHll(b), [10, 1, 7, 21, 0, 8, 0, 10]],
    ["a table of 2^18 coupons", (b) => deserializeHll(b), [3, 1, 7, 21, 18, 0, 0, 1, 0, 0, 4, 0]],
    [
      "61 levels",
      (b) => deserializeKll(b, "double", 1),
      [5, 1, 15, 0, 255, 255, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 8, 0, 61, 0],
    ],
  ];
  const before = process.memoryUsage().arrayBuffers;
  for (const [claim, read, head] of claims) {
    const bytes = new Uint8Array(48);
    bytes.set(head);
    expect(() => read(bytes), claim).toThrow(SketchCorruptError);
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4_000_000);
});

test("the refusal says which family, what is wrong, and what to do", () => {
  expect(() => deserializeKll(new Uint8Array(3), "double", 1)).toThrow(
    "Not a readable KLL doubles sketch: it ends after 3 bytes, where at least 8 are needed.",
  );
});
