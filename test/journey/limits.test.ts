import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";
import { parseConfig } from "../../src/app/config/load.ts";
import { replay } from "../../src/app/replay.ts";
import { ManualClock, systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import type { PageBudgetAnswer } from "../../src/control/page-budget/wire-page-budget.ts";
import type { LanesAnswer } from "../../src/control/wire.ts";
import { notifiersOf } from "../../src/incident/route.ts";
import { makeStore, storeOptionsSchema } from "../../src/store/index.ts";
import { serveControl } from "../harness/control-server.ts";
import { told } from "../harness/told.ts";

const folder = mkdtempSync(join(tmpdir(), "lanewatch-limits-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LANES =
  "lanes: { defaults: { window: 1m, allowedLateness: 1s, lateMax: 9999d, futureMax: 1d, coarser: [] } }";
const LIMIT =
  "detectors: { limits: [{ swimlane: prod, feature: price, of: null-share, above: 0.2, severity: page }] }";
const START_MS = Date.parse("2026-10-01T00:00:00Z");

/** 20 windows of 50 records; in windows 3 to 5 half of the prices are null. */
const records = Array.from({ length: 1_000 }, (_, i) => {
  const window = Math.floor(i / 50);
  const broken = window >= 3 && window <= 5 && i % 2 === 0;
  const ts = new Date(START_MS + i * 1_200).toISOString();
  return JSON.stringify({ ts, swimlane: "prod", features: { price: broken ? null : i % 7 } });
});
writeFileSync(join(folder, "records.jsonl"), `${records.join("\n")}\n`);

async function run(name: string, yaml: string) {
  const outFolder = join(folder, name);
  await replay({
    config: parseConfig(yaml, {}),
    paths: [join(folder, "records.jsonl")],
    outFolder,
    detectors: BUILT_IN_DETECTORS,
    clock: systemClock,
    telemetry: new Telemetry({ level: "error" }),
    asOfMs: Date.parse("2026-10-02T00:00:00Z"),
  });
  const read = (file: string) =>
    readFileSync(join(outFolder, file), "utf8")
      .split("\n")
      .filter((line) => line !== "");
  const storePath = join(outFolder, "store.duckdb");
  return { verdicts: read("verdicts.jsonl"), incidents: read("incidents.jsonl"), storePath };
}

const configPath = join(folder, "c.yaml");
writeFileSync(configPath, `${LANES}\n${LIMIT}\n`);
/** One replay under the limit, for the tests that only look at it. */
const kept = run("held", `${LANES}\n${LIMIT}`);

test("a limit pages in the first window that breaks it, resolves when it ends, and costs no budget", async () => {
  const held = await kept;
  const free = await run("free", LANES);
  const isLimit = (line: string) => line.includes('"limit@null-share"');
  const broken = held.verdicts.filter((line) => isLimit(line) && line.includes('"anomalous"'));
  expect(broken.map((line) => line.includes('"page"'))).toEqual([true, true, true]);
  expect(broken[0]).toContain("2026-10-01T00:03:00");
  expect(broken[0]).toContain("share without a value is 50 %; the owner's limit is at most 20 %");
  expect(held.incidents.at(-1)).toContain("price limit");
  expect(held.incidents.at(-1)).toContain('"resolved"');
  expect(held.verdicts.filter((line) => !isLimit(line)).map(answered)).toEqual(free.verdicts.map(answered));
});

// The limit pages once in 20 minutes; every place that counts pages must keep it out of the lane's budget.
test("pages of limits alone are counted apart: by the overview, the audit of the budget, and backtest", async () => {
  const store = makeStore(storeOptionsSchema.parse({ type: "duckdb", path: (await kept).storePath }), {
    clock: systemClock,
    telemetry: new Telemetry({ level: "silent" }),
  });
  await store.open();
  const server = await serveControl(store, new ManualClock(START_MS + 1_200_000));
  try {
    const ask = async (path: string) => (await (await fetch(`${server.url}${path}`)).json()) as never;
    const { lanes } = (await ask("/v1/lanes")) as LanesAnswer;
    expect(lanes[0]!.budget).toMatchObject({ pages: 0, limitPages: 1 });
    const audit = (await ask("/v1/page-budget")) as PageBudgetAnswer;
    expect(audit.lanes[0]).toMatchObject({ standing: "within", pages: 0, limitPages: 1, falseMax: 0 });
  } finally {
    await server.stop();
    await store.close();
  }
  const words = [
    "backtest",
    "--faults",
    "none",
    "--quiet",
    "--store",
    (await kept).storePath,
    "-c",
    configPath,
  ];
  const json = await told([...words, "--json"]);
  expect(JSON.parse(json.text)).toMatchObject([{ pages: { pages: 0 }, limitPages: 1 }]);
  expect((await told(words)).text).toMatch(/limits.*1|1.*limits/);
});

test("a limit's verdict comes out equal from stored rows, kept or broken", async () => {
  const { verdicts, storePath } = await kept;
  const limits = verdicts.filter((line) => line.includes('"limit@null-share"'));
  for (const answer of ["anomalous", "ok"]) {
    const line = JSON.parse(limits.find((each) => each.includes(`"answer":"${answer}"`))!);
    const again = await told(["explain", line.verdict, "--store", storePath, "-c", configPath, "--json"]);
    expect([again.status, JSON.parse(again.text).outcome]).toEqual([0, "equal"]);
  }
});

test("a route on limit@* takes the incidents of limits, and no others", async () => {
  const routes = [{ notifiers: ["contracts"], detector: "limit@*" }, { notifiers: ["oncall"] }];
  const { swimlane, severity, members } = JSON.parse((await kept).incidents.at(-1)!);
  const incident = { swimlane, severity, sources: ["default"], members: members.join(",") };
  expect(notifiersOf(routes, incident, "data")).toEqual(["contracts", "oncall"]);
  const mixed = { ...incident, members: `${incident.members},price:psi` };
  expect(notifiersOf(routes, mixed, "data")).toEqual(["oncall"]);
});

function answered(line: string) {
  const { feature, detector, answer, severity, significance, explanation } = JSON.parse(line);
  return { feature, detector, answer, severity, significance, explanation };
}
