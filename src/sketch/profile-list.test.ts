import fc from "fast-check";
import { expect, test } from "vitest";
import { anyProfile } from "../../test/conformance/store-rows.ts";
import { seededRandom } from "../base/random.ts";
import { decodeProfile, encodeProfile } from "./codec.ts";
import { emptyProfile } from "./profile.ts";
import { ProfileListReader, ProfileListWriter } from "./profile-list.ts";

test("profiles come back from the list as they come back from columns, bit for bit, in their order", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 0, max: 8 }), (seed, count) => {
      const random = seededRandom(seed);
      const profiles = Array.from({ length: count }, () => anyProfile(random));
      const writer = new ProfileListWriter();
      for (const profile of profiles) writer.add(profile);
      const reader = new ProfileListReader(writer.take());
      for (const profile of profiles) {
        const read = reader.next(profile.categories.names);
        expect(read).toStrictEqual(decodeProfile(encodeProfile(profile)));
        expect(Object.is(read.min, profile.min)).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});

test("a writer that was emptied begins anew, and what it gave stays as it was", () => {
  const writer = new ProfileListWriter();
  writer.add({ ...emptyProfile(), presentCount: 7 });
  const first = writer.take();
  writer.add({ ...emptyProfile(), presentCount: 8 });
  expect(new ProfileListReader(first).next([]).presentCount).toBe(7);
  expect(new ProfileListReader(writer.take()).next([]).presentCount).toBe(8);
  expect(writer.length).toBe(0);
});

test("a list that was cut off is refused instead of read as zeros", () => {
  const writer = new ProfileListWriter();
  writer.add(anyProfile(seededRandom(3)));
  const numbers = writer.take();
  expect(() => new ProfileListReader(numbers.slice(0, -1)).next([])).toThrow(/ends within a profile/);
  expect(() => new ProfileListReader(numbers.slice(0, 5)).next([])).toThrow(/ends within a profile/);
});
