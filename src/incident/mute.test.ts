import { describe, expect, test } from "vitest";
import type { IncidentRow, StateRow } from "../store/contract.ts";
import { inhibitorOf } from "./inhibit.ts";
import { glob, matches } from "./matcher.ts";
import { notifiersOf } from "./route.ts";
import { readSilences, type Silence, silenceOf, writeSilence } from "./silence.ts";

const HOUR_MS = 3_600_000;

describe("a matcher", () => {
  const incident = { swimlane: "prod/eu", sources: ["clicks", "views"], members: "age:ks,a:b:psi" };

  test("takes * for any run of characters, and all for what is left out", () => {
    for (const pattern of ["prod/eu", "prod/*", "*", "p*u", "*/eu", undefined])
      expect(glob(pattern, "prod/eu")).toBe(true);
    for (const pattern of ["prod", "PROD/EU", "prod/*x", ""]) expect(glob(pattern, "prod/eu")).toBe(false);
  });

  test("does not blow up on a pattern made to", () => {
    expect(glob("a*".repeat(50), "a".repeat(5_000) + "b".repeat(5_000))).toBe(true);
    expect(glob(`${"a*".repeat(50)}c`, "a".repeat(5_000))).toBe(false);
  });

  test("covers an incident only when it covers every member and source of it", () => {
    expect(matches({ feature: "a*" }, incident)).toBe(true);
    expect(matches({ feature: "age" }, incident)).toBe(false);
    expect(matches({ source: "clicks" }, incident)).toBe(false);
    expect(matches({ detector: "psi", feature: "a:b" }, { ...incident, members: "a:b:psi" })).toBe(true);
  });
});

describe("a silence", () => {
  const silence: Silence = {
    id: "s",
    swimlane: "prod",
    startMs: 0,
    endMs: HOUR_MS,
    reason: "",
    createdBy: "ada",
  };
  const prod = { swimlane: "prod", sources: [], members: "*:volume" };

  test("holds from its start until just before its end", () => {
    expect(silenceOf([silence], prod, 0)).toBe(silence);
    expect(silenceOf([silence], prod, HOUR_MS - 1)).toBe(silence);
    expect(silenceOf([silence], prod, HOUR_MS)).toBeUndefined();
    expect(silenceOf([silence], { ...prod, swimlane: "dev" }, 0)).toBeUndefined();
  });

  test("without an end, or with one too far off, is refused", async () => {
    const store = memoryStates();
    for (const endMs of [Number.POSITIVE_INFINITY, Number.NaN, -1, 31 * 24 * HOUR_MS]) {
      await expect(writeSilence(store, { ...silence, endMs }, 0)).rejects.toThrow(/needs an end/);
    }
  });

  test("is kept until a day after it ended, and ended early by writing it again", async () => {
    const store = memoryStates();
    await writeSilence(store, silence, 0);
    await writeSilence(store, { ...silence, endMs: 10 }, 5);
    expect(await readSilences(store)).toEqual([{ ...silence, endMs: 10 }]);
    await writeSilence(
      store,
      { ...silence, id: "t", startMs: 20 * HOUR_MS, endMs: 21 * HOUR_MS },
      20 * HOUR_MS,
    );
    expect((await readSilences(store)).map(({ id }) => id)).toEqual(["s", "t"]);
    await writeSilence(
      store,
      { ...silence, id: "u", startMs: 30 * HOUR_MS, endMs: 31 * HOUR_MS },
      30 * HOUR_MS,
    );
    expect((await readSilences(store)).map(({ id }) => id)).toEqual(["t", "u"]);
  });
});

describe("an inhibition", () => {
  const row = (id: string, swimlane: string, startMs = 0) =>
    ({ id, swimlane, startMs, state: "open", members: "*:volume", explanation: "{}" }) as IncidentRow;

  test("that would mute two incidents by each other tells the older one", () => {
    const both = [{ when: { swimlane: "*" }, mutes: { swimlane: "*" } }];
    const [older, newer] = [row("a", "raw", 1), row("b", "features", 2)];
    expect(inhibitorOf(older, [older, newer], both)).toBeUndefined();
    expect(inhibitorOf(newer, [older, newer], both)).toBe(older);
  });

  test("ends with the incident that it came from", () => {
    const rules = [{ when: { swimlane: "raw" }, mutes: { swimlane: "features" } }];
    const [cause, effect] = [row("a", "raw"), row("b", "features")];
    expect(inhibitorOf(effect, [cause, effect], rules)).toBe(cause);
    expect(inhibitorOf(effect, [{ ...cause, state: "resolved" }, effect], rules)).toBeUndefined();
  });
});

describe("a route", () => {
  const incident = { swimlane: "prod", sources: ["clicks"], members: "*:volume", severity: "warn" } as const;

  test("every route that matches is told, each notifier once", () => {
    const routes = [
      { notifiers: ["a", "b"] },
      { notifiers: ["b", "c"], swimlane: "pr*" },
      { notifiers: ["d"], severity: "page" as const },
    ];
    expect(notifiersOf(routes, incident, "data")).toEqual(["a", "b", "c"]);
  });

  test("what the monitor says of itself never takes a route for data, nor the other way round", () => {
    const routes = [{ notifiers: ["a"] }, { notifiers: ["m"], about: "monitor" as const }];
    expect(notifiersOf(routes, incident, "monitor")).toEqual(["m"]);
    expect(notifiersOf(routes, incident, "data")).toEqual(["a"]);
  });
});

/** The two calls of a store that silences need, kept by key as a store keeps them. */
function memoryStates() {
  const rows = new Map<string, string>();
  return {
    readState: async (key: string) => rows.get(key),
    writeStates: async (states: readonly StateRow[]) => {
      for (const { key, value } of states) rows.set(key, value);
    },
  };
}
