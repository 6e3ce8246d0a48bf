import { expect, test } from "vitest";
import { ProfileArena } from "./arena.ts";
import { decodeProfile, encodeProfile } from "./codec.ts";
import { mergeProfiles } from "./merge.ts";
import { countsTo, onesOf, SHARED_LENGTH_MAX, SHARED_NAMES_MAX, sharedName } from "./shared-lists.ts";
import { snapshotOf } from "./snapshot.ts";

function profileOf(from: number, name: string) {
  const arena = new ProfileArena();
  const series = arena.open(1);
  for (let i = 0; i < 300; i++) arena.addNumber(series, from + i / 7);
  for (let i = 0; i < 20; i++) arena.addString(series, `${name}/${i % 3}`);
  return arena.seal(series);
}

test("profiles in which every number is another share their weights, made, merged or stored", () => {
  const [a, b] = [profileOf(0, "x"), profileOf(1_000, "x")];
  const merged = mergeProfiles([a, b], 1);
  const stored = decodeProfile(encodeProfile(merged));
  expect(a.quantiles.weights).toBe(b.quantiles.weights);
  expect(merged.quantiles.weights).toBe(onesOf(600));
  expect(stored.quantiles.weights).toBe(onesOf(600));
  expect(snapshotOf(stored, 600).cumulativeCounts).toBe(countsTo(600));
});

test("no profile changes a list that it shares", () => {
  const first = profileOf(0, "x");
  for (let i = 0; i < 5; i++) {
    const merged = mergeProfiles([first, profileOf(i, "y"), profileOf(0, "x")], i);
    snapshotOf(decodeProfile(encodeProfile(merged)), 900);
  }
  for (const length of [300, 600, 900, 1_024]) {
    expect(onesOf(length).every((weight) => weight === 1)).toBe(true);
    expect(countsTo(length).every((count, i) => count === i + 1)).toBe(true);
  }
});

test("what is shared is bounded", () => {
  expect(onesOf(SHARED_LENGTH_MAX + 1)).not.toBe(onesOf(SHARED_LENGTH_MAX + 1));
  expect(onesOf(SHARED_LENGTH_MAX + 1)).toHaveLength(SHARED_LENGTH_MAX + 1);
  for (let i = 0; i <= 2 * SHARED_NAMES_MAX; i++) expect(sharedName(`n${i}`) === `n${i}`).toBe(true);
});
