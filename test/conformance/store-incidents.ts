/** The laws of what a store keeps of judging: verdicts, incidents, notifications, feedback. */
import { expect, test } from "vitest";
import type { FeedbackRow, Store } from "../../src/store/contract.ts";
import { soon } from "./store-reads.ts";
import { incidentRow, MINUTE_MS, ODD_NAMES, T0_MS, verdictRow } from "./store-rows.ts";

export function verdictLaws(fresh: () => Promise<Store>): void {
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

export function incidentLaws(fresh: () => Promise<Store>): void {
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

export function feedbackLaws(fresh: () => Promise<Store>): void {
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
