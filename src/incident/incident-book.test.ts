import { expect, test } from "vitest";
import type { Severity } from "../../detectors/contract.ts";
import type { IncidentRow, VerdictRow } from "../store/contract.ts";
import { readExplanation } from "./explanation.ts";
import { IncidentBook } from "./incident-book.ts";
import type { IncidentOptions } from "./options.ts";
import { acknowledgeRow, resolveRow } from "./person.ts";

const MINUTE_MS = 60_000;
const SIZE_MS = 5 * MINUTE_MS;
const START_MS = Date.parse("2026-03-02T14:00:00Z");

interface Judged {
  readonly lane?: string;
  readonly source?: string;
  readonly feature?: string;
  readonly detector?: string;
  readonly answer?: VerdictRow["answer"];
  readonly severity?: Severity;
  readonly certain?: boolean;
  readonly effect?: number;
  readonly expected?: number;
  readonly value?: number;
}

/** A small scripted world: `at("14:05", …)` judges one five-minute window of the lane "prod". */
function world(options: Partial<IncidentOptions> = {}) {
  let book = new IncidentBook(options);
  const rows = new Map<string, IncidentRow>();
  const history: string[] = [];
  const at = (clock: string, judged: Judged | readonly Judged[], sizeMs = SIZE_MS) => {
    const list = Array.isArray(judged) ? (judged as readonly Judged[]) : [judged as Judged];
    const [hours, minutes] = clock.split(":").map(Number) as [number, number];
    const windowStartMs = START_MS + (hours - 14) * 60 * MINUTE_MS + minutes * MINUTE_MS;
    const { lane: swimlane = "prod", source = "clicks" } = list[0] ?? {};
    const window = { swimlane, source, windowStartMs, windowSizeMs: sizeMs };
    const seen = book.observe(
      window,
      list.map((one) => verdict(window, one)),
    );
    for (const row of seen.incidents) {
      if (rows.get(row.id)?.state !== row.state) history.push(`${clock} ${row.swimlane} ${row.state}`);
      rows.set(row.id, row);
    }
    return seen;
  };
  const restart = () => {
    book = new IncidentBook(options, JSON.parse(JSON.stringify([...rows.values()])).map(withNaN));
  };
  return { at, rows, history, restart, book: () => book, list: () => [...rows.values()] };
}

/** A store gives NaN back where JSON has null. */
function withNaN(row: IncidentRow): IncidentRow {
  return { ...row, resolvedAtMs: row.resolvedAtMs ?? Number.NaN };
}

function verdict(
  window: { swimlane: string; source: string; windowStartMs: number; windowSizeMs: number },
  one: Judged,
): VerdictRow {
  const { certain = false, expected = null, value = null } = one;
  return {
    ...window,
    feature: one.feature ?? "age",
    detector: one.detector ?? "ks",
    revision: 1,
    answer: one.answer ?? "anomalous",
    severity: one.severity ?? "warn",
    statistic: 0.4,
    threshold: 0.1,
    effect: one.effect ?? 0.4,
    significance: 6,
    sketchError: 0,
    incidentId: "",
    summary: "The distribution moved.",
    explanation: JSON.stringify({ certain, expected, value, reference: { name: "trailing" }, parts: [] }),
  };
}

const ok: Judged = { answer: "ok", severity: "info" };
const unknown: Judged = { answer: "insufficient", severity: "info" };
const page: Judged = { severity: "page" };
const volume: Judged = {
  feature: "*",
  detector: "volume",
  severity: "page",
  effect: 0.62,
  expected: 1000,
  value: 380,
};

test("a warning opens an incident at its second window of three, and not before", () => {
  const { at, history } = world();
  at("14:00", {});
  at("14:05", ok);
  at("14:10", {});
  expect(history).toEqual(["14:00 prod pending", "14:10 prod open"]);
});

test("a warning that does not come again is closed and was never worth telling", () => {
  const { at, history, list } = world();
  at("14:00", {});
  at("14:05", ok);
  at("14:10", ok);
  expect(history).toEqual(["14:00 prod pending", "14:10 prod resolved"]);
  expect(readExplanation(list()[0]!)).toMatchObject({ openedAtMs: null, closing: { reason: "unconfirmed" } });
});

test("warnings of different features, one window each, do not add up to persistence", () => {
  const { at, history } = world();
  at("14:00", { feature: "age" });
  at("14:05", { feature: "price" });
  at("14:10", { feature: "country" });
  expect(history).toEqual(["14:00 prod pending"]);
});

test("a page and a certain sign open at once", () => {
  for (const judged of [page, { certain: true }]) {
    const { at, history } = world();
    at("14:00", judged);
    expect(history).toEqual(["14:00 prod open"]);
  }
});

test("an info verdict never begins an incident and joins one that is there", () => {
  const { at, list } = world();
  expect(at("14:00", { severity: "info" }).verdicts[0]!.incidentId).toBe("");
  at("14:05", page);
  const joined = at("14:10", { severity: "info", feature: "price" });
  expect(joined.verdicts[0]!.incidentId).toBe(list()[0]!.id);
});

test("all sources and features of a lane in one stretch are one incident", () => {
  const { at, list } = world();
  at("14:00", [page, { ...page, feature: "price" }]);
  at("14:00", { ...page, source: "views" });
  at("14:05", { feature: "country", detector: "psi" });
  expect(list()).toHaveLength(1);
  expect(list()[0]).toMatchObject({
    members: "age:ks,country:psi,price:ks",
    verdictCount: 4,
    severity: "page",
  });
  expect(readExplanation(list()[0]!)!.where.sources).toEqual(["clicks", "views"]);
});

test("an incident is resolved after three windows in a row without it, not after two", () => {
  const { at, history } = world();
  at("14:00", page);
  at("14:05", ok);
  at("14:10", ok);
  at("14:15", page);
  at("14:20", ok);
  at("14:25", ok);
  at("14:30", ok);
  expect(history).toEqual(["14:00 prod open", "14:30 prod resolved"]);
});

test("windows that could not be judged neither keep an incident open nor resolve it, up to a bound", () => {
  const { at, history } = world({ unobservedWindowsMax: 5 });
  at("14:00", page);
  for (const clock of ["14:05", "14:10", "14:15", "14:20"]) at(clock, unknown);
  expect(history).toEqual(["14:00 prod open"]);
  at("14:25", unknown);
  expect(history).toEqual(["14:00 prod open", "14:25 prod resolved"]);
});

test("a lone warning of another feature does not keep an open incident open", () => {
  const { at, history } = world();
  at("14:00", page);
  at("14:05", [ok, { feature: "price" }]);
  at("14:10", [ok, { feature: "country" }]);
  at("14:15", [ok, { feature: "device" }]);
  expect(history).toEqual(["14:00 prod open", "14:15 prod resolved"]);
});

test("an incident that was only lateness closes itself and says so", () => {
  const { at, history, list } = world();
  at("14:00", volume);
  at("14:05", { ...volume, answer: "ok" });
  at("14:00", { ...volume, answer: "ok" });
  expect(history).toEqual(["14:00 prod open", "14:00 prod resolved"]);
  expect(list()[0]!.title).toContain("only late data");
  expect(readExplanation(list()[0]!)!.closing!.reason).toBe("lateness");
});

test("a window judged again, and still anomalous, is not counted twice", () => {
  const { at, list } = world();
  at("14:00", page);
  at("14:00", page);
  expect(list()[0]!.verdictCount).toBe(1);
});

test("the hour that contains a resolved incident joins it instead of opening another", () => {
  const { at, list } = world();
  at("14:00", page);
  for (const clock of ["14:05", "14:10", "14:15"]) at(clock, ok);
  const hour = at("14:00", page, 12 * SIZE_MS);
  expect(list()).toHaveLength(1);
  expect(list()[0]!.state).toBe("resolved");
  expect(hour.verdicts[0]!.incidentId).toBe(list()[0]!.id);
});

test("an hour's window does not keep open what its minutes say is over", () => {
  const { at, history } = world();
  at("14:50", page);
  at("14:55", ok);
  at("14:00", page, 12 * SIZE_MS);
  at("15:00", ok);
  at("15:05", ok);
  expect(history).toEqual(["14:50 prod open", "15:05 prod resolved"]);
});

test("a fault after the incident was resolved is a new incident with another id", () => {
  const { at, list } = world();
  at("14:00", page);
  for (const clock of ["14:05", "14:10", "14:15"]) at(clock, ok);
  at("15:00", page);
  expect(new Set(list().map((row) => row.id)).size).toBe(2);
});

test("the same windows give the same ids and the same rows", () => {
  const [one, two] = [world(), world()].map(({ at, list }) => {
    at("14:00", volume);
    at("14:05", [volume, { feature: "age" }]);
    at("14:10", [{ ...volume, answer: "ok" }]);
    return list();
  });
  expect(one).toEqual(two);
});

test("a book built from its own rows goes on as if it had never stopped, at every window", () => {
  const script: readonly (readonly [string, Judged])[] = [
    ["14:00", {}],
    ["14:05", {}],
    ["14:10", { effect: 2 }],
    ["14:15", ok],
    ["14:20", ok],
    ["14:05", ok],
    ["14:25", ok],
    ["14:30", page],
  ];
  const steady = world();
  for (const [clock, judged] of script) steady.at(clock, judged);
  for (let stop = 1; stop < script.length; stop++) {
    const broken = world();
    script.forEach(([clock, judged], index) => {
      if (index === stop) broken.restart();
      broken.at(clock, judged);
    });
    expect(broken.list()).toEqual(steady.list());
    expect(broken.history).toEqual(steady.history);
  }
});

test("an incident has worsened when it doubles, when it starts to page, and not when it stays", () => {
  const { at, list } = world();
  const worsened = () => readExplanation(list()[0]!)!.worsenedCount;
  at("14:00", { certain: true, effect: 0.2 });
  at("14:05", { certain: true, effect: 0.3 });
  expect(worsened()).toBe(0);
  at("14:10", { certain: true, effect: 0.4 });
  expect(worsened()).toBe(1);
  at("14:15", { severity: "page", effect: 0.4 });
  expect(worsened()).toBe(2);
  at("14:20", { severity: "page", effect: 0.4 });
  expect(worsened()).toBe(2);
});

test("the same pattern in two lanes puts one incident above theirs, which ends with the last of them", () => {
  const { at, history, list } = world();
  at("14:00", volume);
  at("14:05", { ...volume, lane: "eval" });
  const group = list().find((row) => row.swimlane === "*")!;
  expect(group.title).toBe("2 lanes (eval, prod): clicks volume −62 % since 14:00 UTC");
  const children = list().filter((row) => row.swimlane !== "*");
  expect(children.map((row) => readExplanation(row)!.parentId)).toEqual([group.id, group.id]);
  for (const clock of ["14:05", "14:10", "14:15"]) at(clock, { ...volume, answer: "ok" });
  for (const clock of ["14:10", "14:15", "14:20"]) at(clock, { ...volume, answer: "ok", lane: "eval" });
  expect(history.slice(-2)).toEqual(["14:20 eval resolved", "14:20 * resolved"]);
});

test("a group survives a restart and takes in a third lane", () => {
  const { at, list, restart } = world();
  at("14:00", volume);
  at("14:00", { ...volume, lane: "eval" });
  restart();
  at("14:05", { ...volume, lane: "dev" });
  const groups = list().filter((row) => row.swimlane === "*");
  expect(groups).toHaveLength(1);
  expect(readExplanation(groups[0]!)!.children).toHaveLength(3);
});

test("lanes with different patterns, or the same at another time, stay apart", () => {
  const { at, list } = world();
  at("14:00", volume);
  at("14:00", { ...page, lane: "eval" });
  at("16:00", { ...volume, lane: "dev" });
  expect(list().filter((row) => row.swimlane === "*")).toEqual([]);
});

test("within a known event nothing opens, and nothing counts as recovery", () => {
  const event = {
    startMs: START_MS + SIZE_MS,
    endMs: START_MS + 4 * SIZE_MS,
    name: "maintenance",
    swimlane: "pr*",
  };
  const { at, history } = world({ knownEvents: [event], groupLanes: 0 });
  at("14:00", page);
  at("14:05", ok);
  at("14:10", ok);
  at("14:15", ok);
  at("14:05", { ...page, lane: "eval" });
  expect(history).toEqual(["14:00 prod open", "14:05 eval open"]);
});

// The event was an hour, from 14:05, a year before the world's day.
test("within a known event that recurs every year nothing opens either", () => {
  const before = new Date(START_MS + SIZE_MS);
  const startMs = before.setUTCFullYear(before.getUTCFullYear() - 1);
  const event = { startMs, endMs: startMs + 12 * SIZE_MS, name: "holiday", every: "year" as const };
  const { at, history } = world({ knownEvents: [event], groupLanes: 0 });
  at("14:05", page);
  at("15:00", page);
  at("15:05", page);
  expect(history).toEqual(["15:05 prod open"]);
});

test("what a person did elsewhere is adopted, and the next window does not undo it", () => {
  const { at, list, book } = world();
  at("14:00", page);
  book().adopt([acknowledgeRow(list()[0]!, "ada", START_MS + SIZE_MS)]);
  at("14:05", page);
  expect(list()[0]).toMatchObject({ state: "acknowledged", acknowledgedBy: "ada" });
  book().adopt([resolveRow(list()[0]!, "ada", START_MS + 2 * SIZE_MS)]);
  at("14:10", page);
  expect(list().map((row) => row.state)).toEqual(["acknowledged", "open"]);
  expect(book().live()).toHaveLength(1);
});

test("a title says lane, source, what, by how much and since when", () => {
  const { at, list } = world();
  at("14:05", { ...volume, source: "watch-events" });
  expect(list()[0]!.title).toBe("prod: watch-events volume −62 % since 14:05 UTC");
});

test("an incident that lasts past the bound keeps its members, counts and state", () => {
  const { at, list, rows } = world({ noteCountMax: 4 });
  at("14:00", page);
  for (let i = 1; i <= 10; i++) at(`14:${String(i * 5).padStart(2, "0")}`, { feature: "price" });
  expect(rows.size).toBe(1);
  expect(list()[0]).toMatchObject({
    state: "open",
    members: "age:ks,price:ks",
    verdictCount: 11,
    severity: "page",
  });
});

/** "14:05" and every five minutes from there. */
function clocks(from: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const minutes = (from + i) * 5;
    return `${14 + Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
  });
}

const DIFFERS: Judged = { detector: "ks@imported/training", severity: "warn" };

test("a difference from a kept baseline that lasts is one incident, and does not swallow what goes wrong meanwhile", () => {
  const { at, list, history } = world();
  at("14:00", { ...DIFFERS, severity: "page" });
  for (const clock of clocks(1, 40)) at(clock, DIFFERS);
  expect(list()).toHaveLength(1);
  const seen = clocks(41, 3).map((clock) =>
    at(clock, [DIFFERS, { feature: "price", detector: "null-rate", severity: "page" }]),
  );
  expect(list().map(({ state }) => state)).toEqual(["open", "open"]);
  const ids = seen[0]!.verdicts.map(({ incidentId }) => incidentId);
  expect(new Set(ids).size).toBe(2);
  for (const clock of clocks(44, 5))
    at(clock, [DIFFERS, { feature: "price", detector: "null-rate", answer: "ok" }]);
  expect(list().map(({ state }) => state)).toEqual(["open", "resolved"]);
  expect(history.filter((line) => line.endsWith("open"))).toHaveLength(2);
});

test("a fault that shows against the lane's past and a kept baseline at once is one incident", () => {
  const { at, list } = world();
  const both: Judged[] = [
    { ...DIFFERS, severity: "page" },
    { detector: "ks", severity: "page" },
  ];
  for (const clock of clocks(0, 8)) at(clock, both);
  for (const clock of clocks(8, 60)) at(clock, [DIFFERS, { detector: "ks", answer: "ok" }]);
  expect(list()).toMatchObject([{ state: "open", members: "age:ks,age:ks@imported/training" }]);
});
