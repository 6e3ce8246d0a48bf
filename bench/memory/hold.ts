/** One way of holding what a process holds, as a process of its own: prints the bytes that stay after collection. */
import { setTimeout as sleep } from "node:timers/promises";
import { heldSnapshot } from "../../src/audit/feature/feature-memory.ts";
import { prepareReference } from "../../src/audit/reference/prepared-reference.ts";
import { keptReference } from "../../src/audit/reference/reference-rows.ts";
import { seededRandom } from "../../src/base/random.ts";
import { ByteDecoder } from "../../src/decode/bytes/byte-decoder.ts";
import { DEFAULT_MAPPING } from "../../src/decode/mapping.ts";
import { DecodedRecord } from "../../src/decode/record.ts";
import { ShapeRegistry } from "../../src/decode/shapes.ts";
import { ProfileArena } from "../../src/sketch/arena.ts";
import { decodeProfile, encodeProfile } from "../../src/sketch/codec.ts";
import type { Profile } from "../../src/sketch/profile.ts";
import { snapshotOf } from "../../src/sketch/snapshot.ts";
import type { BaselineRow } from "../../src/store/contract.ts";

const LANES = 100;
const FEATURES = 20;
/** Windows that an auditor holds while it learns. */
const WINDOWS_HELD = 4;
const VALUES = 300;
const PARTITIONS = 8;
const CATEGORIES = 2_000;

type Cells = ReturnType<typeof encodeProfile>;

const [part, way] = process.argv.slice(2);
const shared = way === "shared";
const random = seededRandom(1);

/** What each owner gets: the one thing, or a copy of its own, strings and lists included. */
function given<T>(thing: T): T {
  return shared ? thing : structuredClone(thing);
}

/** Cells as a store hands them back: every list and text anew. */
function storedProfile(feature: number): Cells {
  const arena = new ProfileArena();
  const series = arena.open(feature);
  for (let i = 0; i < VALUES; i++) {
    if (feature % 2 === 0) arena.addNumber(series, random() * 100);
    else arena.addString(series, `campaign/2026/summer/${Math.floor(random() * random() * 40)}`);
  }
  return structuredClone(encodeProfile(arena.seal(series)));
}

const parts: Readonly<Record<string, () => unknown>> = {
  /** Windows read from the store and held by each lane's auditor. */
  windows: () =>
    Array.from({ length: LANES * WINDOWS_HELD }, () =>
      Array.from({ length: FEATURES }, (_, feature) => {
        const profile: Profile = given(decodeProfile(storedProfile(feature)));
        return { profile, held: given(heldSnapshot(snapshotOf(profile, VALUES))) };
      }),
    ),
  /** One baseline that all lanes are held to, and what is derived from it. */
  baselines: () => {
    const rows = Array.from({ length: FEATURES }, (_, feature) => ({
      feature: `f${feature}`,
      profile: decodeProfile(storedProfile(feature)),
      recordCount: VALUES,
      known: "counts numbers names distinct",
    }));
    const row = { kind: "imported", name: "training", severity: "page", windowCount: 1, untilMs: 0 };
    const one = keptReference(row as unknown as BaselineRow, rows as never);
    return Array.from({ length: LANES }, () => {
      const own = given(one);
      return [...own.features.values()].map((feature) => [feature, prepareReference(feature, undefined)]);
    });
  },
  /** The same categories in every partition: their texts, as decoded and as counted. */
  categories: () => {
    const owner = () => ({
      decoder: new ByteDecoder(DEFAULT_MAPPING, new ShapeRegistry()),
      arena: new ProfileArena({ categoriesMax: CATEGORIES }),
    });
    const one = owner();
    const record = new DecodedRecord();
    return Array.from({ length: PARTITIONS }, () => {
      const { decoder, arena } = shared ? one : owner();
      const series = arena.open(1);
      for (let i = 0; i < 3 * CATEGORIES; i++) {
        const text = Buffer.from(
          `{"ts":1,"swimlane":"prod","features":{"c":"campaign/2026/summer/${i % CATEGORIES}"}}`,
        );
        if (decoder.decode(text, 0, text.length, record) !== "ok") throw new Error(decoder.detail);
        arena.addString(series, record.strings[0]!);
      }
      return { decoder, arena };
    });
  },
};

/** Collects, and waits for buffers to be given back: that happens on another thread. */
async function settledBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await sleep(50);
  }
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + Math.max(external, arrayBuffers);
}

const before = await settledBytes();
const held = parts[part!]!();
const bytes = (await settledBytes()) - before;
process.stdout.write(JSON.stringify({ bytes, kept: (held as unknown[]).length }));
