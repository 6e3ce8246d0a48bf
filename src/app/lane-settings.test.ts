import { expect, test } from "vitest";
import { parseConfig } from "./config/load.ts";
import { compareWithOf, foldingShape } from "./lane-settings.ts";

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
