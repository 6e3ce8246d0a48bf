/** The laws of a store's segments: back bit for bit, whole or not at all, found by what they hold. */
import { expect, test } from "vitest";
import type { Store } from "../../src/store/contract.ts";
import { soon, sqlName } from "./store-reads.ts";
import { MINUTE_MS, ODD_NAMES, segment, T0_MS } from "./store-rows.ts";

export function segmentLaws(fresh: () => Promise<Store>): void {
  test("a segment comes back bit for bit, whatever its profiles hold", async () => {
    const store = await fresh();
    const written = [
      segment({ startOffset: 0, endOffset: 10, features: ODD_NAMES }),
      segment({ startOffset: 10, endOffset: 30, topic: 'odd topic,"x"', partition: 7, swimlane: "ünï=x y" }),
    ];
    await store.writeSegments(written);
    await soon(async () => {
      const read = await store.readSegmentProfiles(written.map((s) => s.manifest));
      expect(read.map((profiles) => profiles && byFeature(profiles))).toStrictEqual(
        written.map((s) => byFeature(s.profiles)),
      );
      expect(await store.readManifests("clicks", 0, 0)).toStrictEqual([written[0]!.manifest]);
      expect(await store.readManifests('odd topic,"x"', 7, 0)).toStrictEqual([written[1]!.manifest]);
    });
  });

  test("a segment without profiles comes back, with no event times, and is visible at once", async () => {
    const store = await fresh();
    const empty = segment({ startOffset: 5, endOffset: 8, features: [] });
    await store.writeSegments([empty]);
    expect(await store.readSegmentProfiles([empty.manifest])).toStrictEqual([[]]);
    await soon(async () => expect(await store.readManifests("clicks", 0, 0)).toStrictEqual([empty.manifest]));
  });

  test("writing the same segment again changes nothing", async () => {
    const store = await fresh();
    const written = segment({ startOffset: 0, endOffset: 10 });
    const count = async () => {
      const [profiles] = await store.query(
        `SELECT sum(profile_count) AS n FROM ${sqlName(store, "segment_windows")}`,
      );
      const [manifests] = await store.query(`SELECT count(*) AS n FROM ${sqlName(store, "segments")}`);
      return [profiles!["n"], manifests!["n"]];
    };
    for (let i = 0; i < 3; i++) await store.writeSegments([written, written]);
    const marker = segment({ startOffset: 10, endOffset: 11, features: ["*"] });
    await store.writeSegments([marker]);
    await soon(async () => expect(await count()).toStrictEqual([4, 2]));
    expect(await store.readSegmentProfiles([written.manifest])).toStrictEqual([written.profiles]);
  });

  test("two cuts of the same offsets stand side by side, each whole", async () => {
    const store = await fresh();
    const cuts = [
      segment({ startOffset: 10, endOffset: 50, features: ["*", "age"] }),
      segment({ startOffset: 10, endOffset: 80, features: ["*", "age", "country"] }),
      segment({ startOffset: 50, endOffset: 80, features: ["age"] }),
      segment({ startOffset: 10, endOffset: 50, features: ["age"], shape: "s2" }),
    ];
    await Promise.all(cuts.map((cut) => store.writeSegments([cut])));
    await soon(async () => {
      expect(await store.readSegmentProfiles(cuts.map((cut) => cut.manifest))).toStrictEqual(
        cuts.map((cut) => cut.profiles),
      );
    });
    const found = await store.readManifests("clicks", 0, 10);
    expect(found.map((m) => [m.startOffset, m.endOffset, m.shape])).toStrictEqual([
      [10, 50, "s1"],
      [10, 50, "s2"],
      [10, 80, "s1"],
      [50, 80, "s1"],
    ]);
    expect(await store.readManifests("clicks", 0, 11)).toHaveLength(1);
    expect(await store.readManifests("clicks", 1, 0)).toStrictEqual([]);
  });

  test("a segment whose rows are not all there does not count, and others beside it do", async () => {
    const store = await fresh();
    const whole = segment({ startOffset: 0, endOffset: 10 });
    const torn = segment({ startOffset: 10, endOffset: 20 });
    await store.writeSegments([whole, { manifest: torn.manifest, profiles: torn.profiles.slice(1) }]);
    const read = () => store.readSegmentProfiles([torn.manifest, whole.manifest]);
    await soon(async () => expect(await read()).toStrictEqual([undefined, whole.profiles]));
    await store.writeSegments([torn]);
    await soon(async () => expect(await read()).toStrictEqual([torn.profiles, whole.profiles]));
  });

  test("the rows of a window name the segment that each belongs to", async () => {
    const store = await fresh();
    const written = [segment({ startOffset: 0, endOffset: 10 }), segment({ startOffset: 10, endOffset: 20 })];
    const other = segment({ startOffset: 0, endOffset: 9, swimlane: "dev" });
    await store.writeSegments([...written, other]);
    const expected = written.flatMap(({ manifest, profiles }) => {
      const { topic, partition, startOffset, endOffset, shape } = manifest;
      return profiles.map((profile) => ({
        ...profile,
        manifest: { topic, partition, startOffset, endOffset, shape },
      }));
    });
    await soon(async () => {
      expect(await store.readSegmentProfilesOfWindow("prod", "clicks", T0_MS)).toStrictEqual(expected);
    });
    expect(await store.readSegmentProfilesOfWindow("prod", "clicks", T0_MS + MINUTE_MS)).toStrictEqual([]);
  });

  test("manifests are found by their time, partitions by any manifest", async () => {
    const store = await fresh();
    const written = [
      segment({ startOffset: 0, endOffset: 10 }),
      segment({ startOffset: 0, endOffset: 4, topic: "views", partition: 2 }),
      segment({ startOffset: 1_000, endOffset: 1_001 }),
    ];
    await store.writeSegments(written);
    await soon(async () => {
      const found = await store.readManifestsByTime({ sinceMs: T0_MS, untilMs: T0_MS + 1_000 });
      expect(found).toStrictEqual([written[0]!.manifest, written[1]!.manifest]);
      expect(await store.readPartitions()).toStrictEqual([
        { topic: "clicks", partition: 0 },
        { topic: "views", partition: 2 },
      ]);
    });
  });
}

function byFeature<T extends { readonly feature: string }>(rows: readonly T[]): readonly T[] {
  return [...rows].sort((a, b) => (a.feature < b.feature ? -1 : 1));
}
