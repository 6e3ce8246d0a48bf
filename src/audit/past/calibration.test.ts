import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../base/random.ts";
import { discount, fitTail, HONEST_TAIL, poolTails } from "./calibration.ts";

/** Significances of honest p-values, times how much louder the detector is than it should be. */
function past(count: number, loudness: number, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => -Math.log10(1 - random()) * loudness);
}

describe("discounting by the past", () => {
  test("never makes evidence stronger than it was", () => {
    const significances = fc.array(fc.double({ min: 0, max: 50, noNaN: true }), { maxLength: 60 });
    fc.assert(
      fc.property(significances, fc.double({ min: 0, max: 100, noNaN: true }), (earlier, significance) => {
        expect(discount(significance, fitTail(earlier, HONEST_TAIL))).toBeLessThanOrEqual(significance);
      }),
    );
  });

  test("leaves an honest detector nearly all of its voice", () => {
    expect(discount(8, fitTail(past(300, 1, 1), HONEST_TAIL))).toBeGreaterThan(6.5);
  });

  test("takes from a detector that is three times too loud about two thirds", () => {
    const left = discount(15, fitTail(past(300, 3, 2), HONEST_TAIL));
    expect(left).toBeGreaterThan(3);
    expect(left).toBeLessThan(8);
  });

  test("gives one threshold one rate: a too loud detector passes 3 about once in a thousand", () => {
    const tail = fitTail(past(300, 4, 3), HONEST_TAIL);
    const alarms = past(100_000, 4, 4).filter((significance) => discount(significance, tail) >= 3).length;
    expect(alarms).toBeGreaterThan(20);
    expect(alarms).toBeLessThan(400);
  });

  test("without a past of its own, a feature takes the lane's", () => {
    const lane = poolTails([fitTail(past(300, 4, 5), HONEST_TAIL)]);
    expect(discount(12, fitTail([], lane))).toBeLessThan(6);
  });

  test("a feature that never was loud is not made deaf by a lane that is", () => {
    const lane = poolTails([fitTail(past(300, 6, 6), HONEST_TAIL)]);
    expect(discount(15, fitTail(new Array(200).fill(0), lane))).toBeGreaterThan(9);
  });
});
