/**
 * The laws of a store. Every implementation is held to them: `storeConformance("name", makeStore)` in a test file.
 * A store may apply what it acknowledged later, so a law reads until it holds, for some seconds at most.
 */
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { verdictSql } from "../../src/incident/reproduce.ts";
import type { FeedbackRow, Store } from "../../src/store/contract.ts";
import { baselineLaws } from "./store-baselines.ts";
import { reconcileLaws } from "./store-reconcile.ts";
import {
  anyProfile,
  incidentRow,
  MINUTE_MS,
  ODD_NAMES,
  profileRow,
  segment,
  T0_MS,
  verdictRow,
  windowRow,
} from "./store-rows.ts";

export interface StoreUnderTest {
  /** Open and empty. */
  readonly store: Store;
  /** Closes it and opens a new one on the same data, as after a restart. */
  reopen(): Promise<Store>;
  dispose(): Promise<void>;
}

/**
 * @param open a store on the same data each time
 * @param cleanUp once the last of them is closed
 */
export async function storeUnderTest(
  open: () => Promise<Store>,
  cleanUp: () => Promise<void> | void,
): Promise<StoreUnderTest> {
  let store = await open();
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await open();
      return store;
    },
    dispose: async () => {
      await store.close();
      await cleanUp();
    },
  };
}

const VISIBLE_MS_MAX = 20_000;

export function storeConformance(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  describe(`store ${name}`, () => {
    let made: StoreUnderTest | undefined;
    const fresh = async (): Promise<Store> => {
      made = await makeStore();
      return made.store;
    };
    afterEach(async () => {
      await made?.dispose();
      made = undefined;
    });

    segmentLaws(fresh);
    windowLaws(fresh);
    filterLaws(fresh);
    verdictLaws(fresh);
    incidentLaws(fresh);
    baselineLaws(fresh, soon);
    feedbackLaws(fresh);
    stateLaws(fresh);
    queryLaws(fresh);
    reconcileLaws(fresh, soon);

    test("what was acknowledged is there after a restart", async () => {
      const store = await fresh();
      const written = segment({ startOffset: 0, endOffset: 10 });
      await store.writeSegments([written]);
      await store.writeStates([{ key: "frontier", value: "10" }]);
      const again = await made!.reopen();
      await soon(async () => {
        expect(await again.readSegmentProfiles([written.manifest])).toStrictEqual([written.profiles]);
        expect(await again.readState("frontier")).toBe("10");
      });
    });

    test("it is ready once open, and settles to ready after writes", async () => {
      const store = await fresh();
      expect(await store.ready()).toBe(true);
      await store.writeWindows([windowRow()], [profileRow()]);
      await soon(async () => expect(await store.ready()).toBe(true));
    });
  });
}

function segmentLaws(fresh: () => Promise<Store>): void {
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

function windowLaws(fresh: () => Promise<Store>): void {
  test("windows and profiles come back bit for bit", async () => {
    const store = await fresh();
    const random = seededRandom(7);
    const profiles = ODD_NAMES.map((feature) => profileRow({ feature, profile: anyProfile(random) }));
    const window = windowRow({ profileCount: profiles.length });
    await store.writeWindows([window], profiles);
    await soon(async () => {
      expect(await store.readWindows({})).toStrictEqual([window]);
      expect(byFeature(await store.readProfiles({}))).toStrictEqual(byFeature(profiles));
    });
  });

  test("a revised window replaces the one before, and its profiles with it", async () => {
    const store = await fresh();
    const revised = windowRow({ revision: 2, recordCount: 1_001, profileCount: 1 });
    const profile = profileRow({ revision: 2, recordCount: 1_001, profile: anyProfile(seededRandom(3)) });
    await store.writeWindows([windowRow({ profileCount: 1 })], [profileRow()]);
    await store.writeWindows([revised], [profile]);
    await soon(async () => {
      expect(await store.readWindows({})).toStrictEqual([revised]);
      expect(await store.readProfiles({})).toStrictEqual([profile]);
    });
    const [count] = await store.query(`SELECT count(*) AS n FROM ${sqlName(store, "windows")}`);
    expect(count!["n"]).toBe(1);
  });

  // Names come from records: what a record may call a feature, a store must take.
  test("any text is a good name for a lane, a source and a feature", async () => {
    const store = await fresh();
    const text = fc.string({ unit: "binary", minLength: 1, maxLength: 40 });
    const names = fc.sample(text, { numRuns: 150, seed: 5 });
    const profiles = names.map((name) => profileRow({ swimlane: name, source: name, feature: name }));
    await store.writeWindows([], profiles);
    await soon(async () => expect(await store.readProfiles({})).toHaveLength(new Set(names).size));
    for (const name of names.slice(0, 40)) {
      const found = await store.readProfiles({ swimlane: name, source: name, feature: name });
      expect(found.map(({ feature }) => feature)).toStrictEqual([name]);
    }
    const some = [...new Set(names)].slice(0, 40);
    const together = await store.readProfiles({ swimlanes: some });
    expect(new Set(together.map(({ swimlane }) => swimlane))).toStrictEqual(new Set(some));
    expect(together).toHaveLength(some.length);
  });

  test("a large batch is written and read whole", async () => {
    const store = await fresh();
    const random = seededRandom(11);
    const profile = anyProfile(random);
    const windows = Array.from({ length: 3_000 }, (_, i) =>
      windowRow({ windowStartMs: T0_MS + i * MINUTE_MS, profileCount: 4, recordCount: i }),
    );
    const profiles = windows.flatMap((window) =>
      ["*", "a", "b", "c"].map((feature) =>
        profileRow({ windowStartMs: window.windowStartMs, feature, profile }),
      ),
    );
    await store.writeWindows(windows, profiles);
    await soon(async () => {
      expect(await store.readWindows({})).toStrictEqual(windows);
      expect(await store.readProfiles({})).toHaveLength(12_000);
    });
    expect(
      await store.readProfiles({ feature: "b", sinceMs: T0_MS + 5 * MINUTE_MS, limit: 2 }),
    ).toStrictEqual([
      profileRow({ windowStartMs: T0_MS + 5 * MINUTE_MS, feature: "b", profile }),
      profileRow({ windowStartMs: T0_MS + 6 * MINUTE_MS, feature: "b", profile }),
    ]);
  });

  test("writes that overlap in time all arrive, the later of equal keys winning", async () => {
    const store = await fresh();
    const starts = Array.from({ length: 40 }, (_, i) => T0_MS + (i % 10) * MINUTE_MS);
    await Promise.all(
      starts.map((windowStartMs, i) => store.writeWindows([windowRow({ windowStartMs, revision: i })], [])),
    );
    await soon(async () => {
      const revisions = (await store.readWindows({})).map((window) => window.revision);
      expect(revisions).toStrictEqual([30, 31, 32, 33, 34, 35, 36, 37, 38, 39]);
    });
  });

  test("lanes are known with their first and last window", async () => {
    const store = await fresh();
    const rows = [0, 5, 2].map((i) => windowRow({ windowStartMs: T0_MS + i * MINUTE_MS }));
    const hour = windowRow({ windowSizeMs: 60 * MINUTE_MS });
    await store.writeWindows([...rows, hour, windowRow({ swimlane: "dev" })], []);
    await soon(async () => {
      expect(await store.readLanes()).toStrictEqual([
        lane("dev", MINUTE_MS, T0_MS, T0_MS),
        lane("prod", MINUTE_MS, T0_MS, T0_MS + 5 * MINUTE_MS),
        lane("prod", 60 * MINUTE_MS, T0_MS, T0_MS),
      ]);
    });
  });
}

function lane(swimlane: string, windowSizeMs: number, firstWindowMs: number, lastWindowMs: number) {
  return { swimlane, source: "clicks", windowSizeMs, firstWindowMs, lastWindowMs };
}

function filterLaws(fresh: () => Promise<Store>): void {
  test("a filter gives what it names and nothing else, in order, within its limit", async () => {
    const store = await fresh();
    const rows = [];
    for (const swimlane of ["dev", "prod"]) {
      for (const source of ["clicks", 'it\'s "odd"']) {
        for (let i = 0; i < 4; i++)
          rows.push(windowRow({ swimlane, source, windowStartMs: T0_MS + i * MINUTE_MS }));
      }
    }
    const hour = windowRow({ windowSizeMs: 60 * MINUTE_MS });
    await store.writeWindows([...rows, hour], []);
    await soon(async () => expect(await store.readWindows({})).toHaveLength(17));
    const starts = async (filter: Parameters<Store["readWindows"]>[0]) =>
      (await store.readWindows(filter)).map((row) => (row.windowStartMs - T0_MS) / MINUTE_MS);

    expect(await starts({ swimlane: "prod", source: 'it\'s "odd"' })).toStrictEqual([0, 1, 2, 3]);
    expect(await starts({ swimlane: "prod", source: "nowhere" })).toStrictEqual([]);
    expect(await starts({ windowSizeMs: 60 * MINUTE_MS })).toStrictEqual([0]);
    const dev = { swimlane: "dev", source: "clicks" };
    expect(
      await starts({ ...dev, sinceMs: T0_MS + MINUTE_MS, untilMs: T0_MS + 3 * MINUTE_MS }),
    ).toStrictEqual([1, 2]);
    expect(await starts({ ...dev, sinceMs: T0_MS + 1 })).toStrictEqual([1, 2, 3]);
    expect(await starts({ ...dev, descending: true, limit: 2 })).toStrictEqual([3, 2]);
    expect(await starts({ ...dev, limit: 1 })).toStrictEqual([0]);
    expect(
      (await store.readWindows({ limit: 4 })).map((row) => `${row.swimlane} ${row.source}`),
    ).toStrictEqual(["dev clicks", 'dev it\'s "odd"', "prod clicks", "prod clicks"]);
  });
}

function verdictLaws(fresh: () => Promise<Store>): void {
  test("a verdict comes back bit for bit; NaN stays NaN, and infinite evidence stays overwhelming", async () => {
    const store = await fresh();
    const explanation = JSON.stringify({ text: ODD_NAMES.join("\n"), long: "x".repeat(5_000) });
    const nothing = { statistic: Number.NaN, threshold: Number.NaN, effect: Number.NaN };
    const rows = [
      verdictRow({ feature: "a", summary: ODD_NAMES.join(" "), explanation }),
      verdictRow({ feature: "b", answer: "insufficient", ...nothing, summary: "", explanation: "" }),
    ];
    const infinite = verdictRow({
      feature: "c",
      significance: Number.POSITIVE_INFINITY,
      effect: Number.NEGATIVE_INFINITY,
    });
    await store.writeVerdicts([...rows, infinite]);
    await soon(async () => {
      expect(await store.readVerdicts({})).toStrictEqual([
        ...rows,
        { ...infinite, significance: Number.MAX_VALUE, effect: -Number.MAX_VALUE },
      ]);
    });
  });

  test("a window judged again has one verdict for each test, the last", async () => {
    const store = await fresh();
    const first = verdictRow({ answer: "anomalous", incidentId: "inc-1" });
    const last = verdictRow({ revision: 2, answer: "ok" });
    await store.writeVerdicts([first, verdictRow({ detector: "psi" })]);
    await store.writeVerdicts([last]);
    await soon(async () =>
      expect(await store.readVerdicts({})).toStrictEqual([last, verdictRow({ detector: "psi" })]),
    );
  });

  test("verdicts are found by answer and by incident", async () => {
    const store = await fresh();
    const anomalous = verdictRow({ feature: "b", answer: "anomalous", incidentId: "inc-1" });
    await store.writeVerdicts([verdictRow(), anomalous]);
    await soon(async () => expect(await store.readVerdicts({})).toHaveLength(2));
    expect(await store.readVerdicts({ answer: "anomalous" })).toStrictEqual([anomalous]);
    expect(await store.readVerdicts({ incidentId: "inc-1" })).toStrictEqual([anomalous]);
    expect(await store.readVerdicts({ incidentId: "" })).toStrictEqual([verdictRow()]);
    expect(await store.readVerdicts({ incidentId: "inc-1", answer: "ok" })).toStrictEqual([]);
  });
}

function incidentLaws(fresh: () => Promise<Store>): void {
  test("an incident has one row, its newest state", async () => {
    const store = await fresh();
    const opened = incidentRow({ title: ODD_NAMES.join(" "), acknowledgedBy: "" });
    const resolvedAtMs = T0_MS + 9 * MINUTE_MS;
    const resolved = {
      ...opened,
      state: "resolved" as const,
      changedAtMs: resolvedAtMs,
      resolvedAtMs,
      acknowledgedBy: "ada",
    };
    await store.writeIncidents([opened]);
    await soon(async () => expect(await store.readIncidents({ states: ["open"] })).toStrictEqual([opened]));
    await store.writeIncidents([resolved]);
    await soon(async () => expect(await store.readIncidents({})).toStrictEqual([resolved]));
    expect(await store.readIncidents({ states: ["open", "pending"] })).toStrictEqual([]);
  });

  test("once the incidents show as many writes as were acknowledged, all that was written can be read", async () => {
    const store = await fresh();
    for (const id of ["inc-1", "inc-2", "inc-3"]) {
      await store.writeIncidents([incidentRow({ id })]);
      const { acknowledged } = await store.incidentWriteCount();
      await soon(async () =>
        expect((await store.incidentWriteCount()).shown).toBeGreaterThanOrEqual(acknowledged),
      );
      expect(await store.readIncidents({ id })).toStrictEqual([incidentRow({ id })]);
    }
  });

  test("an incident whose start moves is still one incident", async () => {
    const store = await fresh();
    const earlier = incidentRow({
      startMs: T0_MS - MINUTE_MS,
      changedAtMs: T0_MS + 2 * MINUTE_MS,
      state: "resolved",
    });
    await store.writeIncidents([incidentRow()]);
    await store.writeIncidents([earlier]);
    await soon(async () => expect(await store.readIncidents({})).toStrictEqual([earlier]));
    expect(await store.readIncidents({ states: ["open"] })).toStrictEqual([]);
  });

  test("incidents are found by id, lane, start and state", async () => {
    const store = await fresh();
    const one = incidentRow({ id: "inc-1" });
    const two = incidentRow({ id: "inc-2", swimlane: "dev", state: "pending", startMs: T0_MS + MINUTE_MS });
    await store.writeIncidents([two, one]);
    await soon(async () => expect(await store.readIncidents({})).toStrictEqual([one, two]));
    expect(await store.readIncidents({ id: "inc-2" })).toStrictEqual([two]);
    expect(await store.readIncidents({ swimlane: "dev" })).toStrictEqual([two]);
    expect(await store.readIncidents({ sinceMs: T0_MS + 1 })).toStrictEqual([two]);
    expect(await store.readIncidents({ states: ["pending", "open"], descending: true })).toStrictEqual([
      two,
      one,
    ]);
    expect(await store.readIncidents({ states: [] })).toStrictEqual([]);
    expect(await store.readIncidents({ limit: 1 })).toStrictEqual([one]);
  });

  test("what the pager was told is kept, try by try", async () => {
    const store = await fresh();
    const failed = {
      incidentId: "inc-1",
      notifier: "hook",
      state: "open",
      atMs: T0_MS,
      outcome: "failed",
      detail: "503\n",
    } as const;
    const sent = { ...failed, atMs: T0_MS + 1_000, outcome: "sent", detail: "" } as const;
    await store.writeNotifications([sent, failed]);
    await store.writeNotifications([failed, { ...sent, incidentId: "inc-2" }]);
    await soon(async () => {
      expect(await store.readNotifications("inc-1")).toStrictEqual([failed, sent]);
      expect(await store.readNotifications("inc-2")).toHaveLength(1);
    });
    expect(await store.readNotifications("inc-3")).toStrictEqual([]);
  });
}

function feedbackLaws(fresh: () => Promise<Store>): void {
  test("everything that people said of an incident is kept, by lane and by incident", async () => {
    const store = await fresh();
    const noise: FeedbackRow = {
      atMs: T0_MS,
      incidentId: "inc-1",
      swimlane: "prod",
      severity: "page",
      label: "noise",
      givenBy: "ana",
      reason: ODD_NAMES.join("|"),
      appliesFromMs: T0_MS - MINUTE_MS,
      anomalies: "[]",
    };
    const real: FeedbackRow = { ...noise, atMs: T0_MS + 1, label: "real" };
    const other: FeedbackRow = { ...noise, atMs: T0_MS + 2, incidentId: "inc-2", swimlane: "dev" };
    await store.writeFeedback([real, noise]);
    await store.writeFeedback([noise, other]);
    await soon(async () => expect(await store.readFeedback({})).toStrictEqual([noise, real, other]));
    expect(await store.readFeedback({ swimlane: "dev" })).toStrictEqual([other]);
    expect(await store.readFeedback({ incidentId: "inc-1" })).toStrictEqual([noise, real]);
    expect(await store.readFeedback({ sinceMs: T0_MS + 1, untilMs: T0_MS + 2 })).toStrictEqual([real]);
  });
}

function stateLaws(fresh: () => Promise<Store>): void {
  test("a state is replaced whole, the last write winning", async () => {
    const store = await fresh();
    expect(await store.readState("a")).toBeUndefined();
    const rows = ODD_NAMES.map((key, i) => ({ key, value: JSON.stringify({ i, text: ODD_NAMES }) }));
    await store.writeStates(rows);
    await store.writeStates([{ key: "plain", value: "first" }]);
    await store.writeStates([
      { key: "plain", value: "second" },
      { key: "plain", value: "third" },
    ]);
    await soon(async () => expect(await store.readState("plain")).toBe("third"));
    for (const { key, value } of rows.slice(1)) expect(await store.readState(key)).toBe(value);
    await store.writeStates([{ key: "plain", value: "" }]);
    await soon(async () => expect(await store.readState("plain")).toBe(""));
  });

  test("states are read by what their keys begin with, in the order of the keys", async () => {
    const store = await fresh();
    const keys = [
      "log|t",
      "log|t|",
      "log|t|0",
      "log|t|Z",
      "log|t|claim|é",
      "log|t|\u{10000}",
      "log|t0",
      "log|u|0",
    ];
    await store.writeStates(keys.map((key) => ({ key, value: `of ${key}` })));
    const under = keys.filter((key) => key.startsWith("log|t|"));
    await soon(async () => expect(await store.readStates("log|t|")).toHaveLength(under.length));
    expect(await store.readStates("log|t|")).toEqual(under.map((key) => ({ key, value: `of ${key}` })));
    expect(await store.readStates("log|v|")).toEqual([]);
  });
}

function queryLaws(fresh: () => Promise<Store>): void {
  test("SQL reads with parameters, and gives numbers, texts, dates and lists", async () => {
    const store = await fresh();
    const profile = profileRow({ recordCount: 12 });
    await store.writeWindows([windowRow()], [profile]);
    const sql =
      "SELECT count(*) AS n, sum(record_count) AS total, max(window_start) AS last, max(swimlane) AS lane " +
      `FROM ${sqlName(store, "profiles")} WHERE feature = $1 AND record_count > $2`;
    await soon(async () => {
      expect(await store.query(sql, ["age", 11])).toStrictEqual([
        { n: 1, total: 12, last: new Date(T0_MS), lane: "prod" },
      ]);
    });
    expect(await store.query(sql, ["it's", 11])).toMatchObject([{ n: 0 }]);
    const [list] = await store.query(`SELECT kll_items FROM ${sqlName(store, "profiles")}`);
    expect(list).toStrictEqual({ kll_items: [...profile.profile.quantiles.items] });
  });

  // The same text in both dialects, whatever the names hold and whether or not the lane's records are meant.
  test("the SQL that explains a verdict gives the verdict, its window, and the windows before it", async () => {
    const store = await fresh();
    const keys = ODD_NAMES.map((name) => ({ swimlane: name, source: "s", feature: name, detector: "ks" }));
    keys.push({ swimlane: "prod", source: "", feature: "age", detector: "ks" });
    const starts = [T0_MS - MINUTE_MS, T0_MS];
    const each = <T>(make: (key: (typeof keys)[number], windowStartMs: number) => T) =>
      keys.flatMap((key) => starts.map((windowStartMs) => make(key, windowStartMs)));
    await store.writeWindows(
      each((key, windowStartMs) => windowRow({ ...key, windowStartMs })),
      each((key, windowStartMs) => profileRow({ ...key, windowStartMs })),
    );
    await store.writeVerdicts(each((key, windowStartMs) => verdictRow({ ...key, windowStartMs })));
    await soon(async () => {
      expect(await store.readProfiles({})).toHaveLength(keys.length * 2);
      expect(await store.readVerdicts({})).toHaveLength(keys.length * 2);
    });
    for (const key of keys) {
      const verdict = verdictRow({ ...key, windowStartMs: T0_MS });
      const [stored, window, past] = verdictSql(verdict, sqlName(store, ""), { untilMs: T0_MS });
      expect(await store.query(stored!), stored).toMatchObject([
        { statistic: verdict.statistic, window_start: new Date(T0_MS) },
      ]);
      expect(await store.query(window!), window).toMatchObject([{ record_count: 1_000 }]);
      expect(await store.query(past!), past).toMatchObject([
        { record_count: 1_000, window_start: new Date(T0_MS - MINUTE_MS) },
      ]);
    }
  });

  test("SQL that does more than read is refused and changes nothing", async () => {
    const store = await fresh();
    await store.writeWindows([windowRow()], []);
    await soon(async () => expect(await store.readWindows({})).toHaveLength(1));
    const table = sqlName(store, "windows");
    for (const sql of [
      `DROP TABLE ${table}`,
      `TRUNCATE TABLE ${table}`,
      `INSERT INTO ${table} SELECT * FROM ${table}`,
      `WITH a AS (SELECT 1) INSERT INTO ${table} SELECT * FROM ${table}`,
      `SELECT 1; DROP TABLE ${table}`,
      `/* SELECT */ DROP TABLE ${table}`,
      "COPY windows TO 'x'",
      "SELECT",
      "",
    ]) {
      await expect(store.query(sql), sql).rejects.toMatchObject({ code: "STORE_QUERY_REFUSED" });
    }
    expect(await store.readWindows({})).toHaveLength(1);
  });
}

/** A store that shares its database with others names its tables with a prefix. */
function sqlName(store: Store, table: string): string {
  return `${"tablePrefix" in store ? store.tablePrefix : ""}${table}`;
}

function byFeature<T extends { readonly feature: string }>(rows: readonly T[]): readonly T[] {
  return [...rows].sort((a, b) => (a.feature < b.feature ? -1 : 1));
}

/** Asks again until the law holds, and then gives up with what failed last. */
async function soon(law: () => Promise<void>): Promise<void> {
  const deadlineMs = Date.now() + VISIBLE_MS_MAX;
  for (;;) {
    try {
      return await law();
    } catch (error) {
      if (Date.now() > deadlineMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
