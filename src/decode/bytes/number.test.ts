import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../../base/random.ts";
import { NO_NUMBER, readNumber } from "./number.ts";
import { NUMBER_LOOKAHEAD, readPlainNumber } from "./plain-number.ts";

const into = new Float64Array(1);

/** Reads `text` as it stands in a record: something before it, a comma behind it. */
function read(text: string): { value: number; length: number } {
  const bytes = Buffer.from(`[${text},`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = readNumber(view, 1, bytes.length, into, 0);
  return end === NO_NUMBER ? { value: Number.NaN, length: 0 } : { value: into[0]!, length: end - 1 };
}

/** The same by the reader of plain numbers; undefined when it leaves the number to the other. */
function readPlain(text: string): { value: number; length: number } | undefined {
  const bytes = Buffer.concat([Buffer.from(`[${text},`), Buffer.alloc(NUMBER_LOOKAHEAD)]);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = readPlainNumber(view, 1, into, 0);
  return end === NO_NUMBER ? undefined : { value: into[0]!, length: end - 1 };
}

const random = seededRandom(7);
const digits = (count: number) => Array.from({ length: count }, () => Math.floor(random() * 10)).join("");
const bits = new DataView(new ArrayBuffer(8));
function anyDouble(): number {
  bits.setUint32(0, random() * 2 ** 31); // no sign: the test adds it
  bits.setUint32(4, random() * 2 ** 32);
  return Number.isFinite(bits.getFloat64(0)) ? bits.getFloat64(0) : 1;
}
/** The exact decimal half-way between a double and the next, in as many digits as fit, or one unit beside it. */
function nearHalfway(): string {
  const exponent = Math.floor(random() * 10);
  const low = BigInt(2 ** 52) + BigInt(Math.floor(random() * 2 ** 51));
  const scaled = ((2n * low + 1n) * 10n ** BigInt(exponent)) / 2n ** BigInt(1 + Math.floor(random() * 40));
  const text = String(scaled + BigInt(Math.floor(random() * 3) - 1)).slice(0, 20);
  return exponent === 0 ? text : `${text.slice(0, -exponent) || "0"}.${text.slice(-exponent)}`;
}

const CLASSES: Readonly<Record<string, () => string>> = {
  "small whole numbers": () => String(Math.floor(random() * 1_000)),
  "whole numbers of up to 21 digits": () =>
    `${1 + Math.floor(random() * 9)}${digits(Math.floor(random() * 21))}`,
  money: () => (Math.round(random() * 1e7) / 100).toString(),
  "uniform doubles, 16 to 18 digits": () => String(random()),
  "uniform doubles times a power of ten": () => String(random() * 10 ** Math.floor(random() * 30 - 10)),
  "17 digits": () => `${Math.floor(random() * 10)}.${digits(16)}`,
  "18 to 25 digits": () => `${Math.floor(random() * 10)}.${digits(17 + Math.floor(random() * 8))}`,
  "leading zeros in the fraction": () => `0.${"0".repeat(Math.floor(random() * 12))}${digits(17)}`,
  "near half-way between two doubles": nearHalfway,
  exponents: () => `${digits(1)}.${digits(1 + Math.floor(random() * 17))}e${Math.floor(random() * 80 - 40)}`,
  "any double": () => String(anyDouble()),
  "shortest forms in Python's way": () => anyDouble().toExponential().replace("e", "E"),
};

test.each(Object.keys(CLASSES))("%s have the bits that JSON.parse gives", (name) => {
  for (let i = 0; i < 20_000; i++) {
    const text = (random() < 0.2 ? "-" : "") + CLASSES[name]!();
    for (const { value, length } of [read(text), readPlain(text) ?? read(text)])
      if (!Object.is(value, JSON.parse(text)) || length !== text.length)
        expect({ text, value, length }).toEqual({ text, value: JSON.parse(text), length: text.length });
  }
});

test.each(["-0", "0", "-0.0", "0e999", "1e999", "-1e999", "1e-999", "5e-324", "2.2250738585072011e-308"])(
  "%s has the bits that JSON.parse gives",
  (text) => {
    expect(Object.is(read(text).value, JSON.parse(text))).toBe(true);
  },
);

// Text of the characters that numbers are made of: most of it is no number, or a number and a rest.
test("what JSON.parse refuses is not read as a number to its end", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(..."0123456789.-+eE"), { minLength: 1, maxLength: 12 }),
      (characters) => {
        const text = characters.join("");
        let parsed = Number.NaN;
        try {
          parsed = JSON.parse(text) as number;
        } catch {
          // refused
        }
        for (const { value, length } of [read(text), readPlain(text) ?? read(text)])
          if (Number.isNaN(parsed)) expect(Number.isNaN(value) || length < text.length).toBe(true);
          else expect([value, length]).toEqual([parsed, text.length]);
      },
    ),
    { numRuns: 20_000 },
  );
});

test("nothing behind the record's end is looked at", () => {
  const bytes = Buffer.from("12345678");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  expect(readNumber(view, 0, 3, into, 0)).toBe(3);
  expect(into[0]).toBe(123);
  expect(readNumber(view, 3, 3, into, 0)).toBe(NO_NUMBER);
});

test("numbers of up to 17 digits and without an exponent are read as plain ones", () => {
  for (let i = 0; i < 2_000; i++)
    for (const text of [String(i), String(random()), String(Math.round(random() * 1e12) / 1e3)])
      if (!text.includes("e")) expect(readPlain(text)?.value, text).toBe(JSON.parse(text));
});
