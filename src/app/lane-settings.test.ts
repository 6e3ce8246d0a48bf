import { expect, test } from "vitest";
import { parseConfig } from "./config/load.ts";
import { compareWithOf, foldingShape, incidentOptionsOf, knownEventsOf } from "./lane-settings.ts";

const yaml = (rules: string) => parseConfig(`lanes: { rules: [${rules}] }`, {});

test("a star of compareWith stands for what the same star of match stood for", () => {
  const of = compareWithOf(
    yaml(
      '{ match: "prod/*/v*", compareWith: "eval/*/v*" }, { match: "canary", compareWith: [prod, "eval"] }, { match: dev }',
    ),
  );
  expect(of("prod/ranker/v2")).toEqual(["eval/ranker/v2"]);
  expect(of("prod/a.b/x/v3")).toEqual(["eval/a.b/x/v3"]);
  expect(of("canary")).toEqual(["prod", "eval"]);
  expect(of("dev")).toEqual([]);
  expect(of("anything")).toEqual([]);
});

test("the defaults' star stands for the whole name", () => {
  const config = parseConfig('lanes: { defaults: { compareWith: "shadow/*" } }', {});
  expect(compareWithOf(config)("prod/ranker")).toEqual(["shadow/prod/ranker"]);
});

test("a compareWith with more stars than its match is refused with its place", () => {
  expect(() => yaml('{ match: "prod/*", compareWith: "*/*" }')).toThrow(/compareWith/);
});

test("what a lane is compared with leaves segments folded before as they are", () => {
  const plain = yaml("{ match: prod, window: 5m }");
  const compared = yaml("{ match: prod, window: 5m, compareWith: eval }");
  expect(foldingShape(compared, {})).toBe(foldingShape(plain, {}));
});

test("an event of the calendar recurs by the wall clock of its own zone, or else of the lanes' defaults", () => {
  const config = parseConfig(
    `lanes: { defaults: { timeZone: Europe/Berlin } }
calendar:
  - { name: Christmas, from: 2026-12-24T00:00:00Z, until: 2026-12-27T00:00:00Z, every: year }
  - { name: nightly load, from: 2026-01-01T02:00:00Z, until: 2026-01-01T03:00:00Z, every: day, timeZone: UTC, swimlanes: "prod/*" }`,
    {},
  );
  const christmas = { name: "Christmas", every: "year", timeZone: "Europe/Berlin" };
  const nightly = { name: "nightly load", every: "day", timeZone: "UTC" };
  expect(knownEventsOf(config, "prod/ranker")).toMatchObject([christmas, nightly]);
  expect(knownEventsOf(config, "dev")).toMatchObject([christmas]);
  expect(incidentOptionsOf(config).knownEvents).toMatchObject([
    { ...christmas, swimlane: "*" },
    { ...nightly, swimlane: "prod/*" },
  ]);
});

test("an event that lasts longer than it takes to recur is refused with its place", () => {
  const event = "{ name: x, from: 2026-01-01T00:00:00Z, until: 2026-01-09T00:00:00Z, every: week }";
  expect(() => parseConfig(`calendar: [${event}]`, {})).toThrow(/calendar\[0\]\.until: .*week/);
});
