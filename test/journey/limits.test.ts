import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";
import { parseConfig } from "../../src/app/config/load.ts";
import { replay } from "../../src/app/replay.ts";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";

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
  return { verdicts: read("verdicts.jsonl"), incidents: read("incidents.jsonl") };
}

test("a limit pages in the first window that breaks it, resolves when it ends, and costs no budget", async () => {
  const held = await run("held", `${LANES}\n${LIMIT}`);
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

function answered(line: string) {
  const { feature, detector, answer, severity, significance, explanation } = JSON.parse(line);
  return { feature, detector, answer, severity, significance, explanation };
}
