/**
 * Lanes held to what people keep: a training set imported from sketches, a promoted period, another lane. Through the
 * commands and the service, on files of records.
 */
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, expect, test, vi } from "vitest";
import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";
import { runCommandLine } from "../../src/app/cli/command-line.ts";
import { parseConfig } from "../../src/app/config/load.ts";
import { ROLES, Service } from "../../src/app/service.ts";
import { systemClock } from "../../src/base/clock.ts";
import { type Random, seededRandom } from "../../src/base/random.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import type { VerdictRow } from "../../src/store/contract.ts";
import { verdictName } from "../../src/store/verdict-key.ts";

vi.setConfig({ testTimeout: 240_000 });

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const T0_MS = Date.UTC(2026, 0, 1);
const folder = mkdtempSync(join(tmpdir(), "lanewatch-baselines-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CONFIG = `
lanes:
  defaults: { window: 1h, allowedLateness: 1s, lateMax: 9999d, futureMax: 1d }
  rules:
    - { match: "eval/*", allowedLateness: 2h }
    - { match: "prod/*", compareWith: "eval/*" }
`;

interface Stretch {
  readonly swimlane: string;
  readonly fromHour?: number;
  readonly hours: number;
  readonly rowsPerHour?: number;
  /** Added to the price in an hour, in its standard deviations. */
  readonly shift?: (hour: number) => number;
  readonly seed: number;
}

/** Prices with a day, and countries; a few nulls. */
function records(stretches: readonly Stretch[]): string {
  const lines: { atMs: number; line: string }[] = [];
  for (const { swimlane, fromHour = 0, hours, rowsPerHour = 50, shift = () => 0, seed } of stretches) {
    const random = seededRandom(seed);
    for (let hour = fromHour; hour < fromHour + hours; hour++) {
      for (let i = 0; i < rowsPerHour; i++) {
        const atMs = T0_MS + hour * HOUR_MS + Math.floor((i * HOUR_MS) / rowsPerHour);
        const features = rowAt(hour, random, shift(hour));
        lines.push({ atMs, line: JSON.stringify({ ts: atMs, swimlane, features }) });
      }
    }
  }
  return lines
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ line }) => `${line}\n`)
    .join("");
}

function rowAt(hour: number, random: Random, shift: number) {
  const normal = random() + random() + random() + random() - 2;
  const price = Math.round(100 * (10 + 0.58 * shift + normal + 0.2 * Math.sin((hour / 12) * Math.PI))) / 100;
  return { price: random() < 0.02 ? null : price, country: ["FR", "DE", "US"][Math.floor(random() * 3)] };
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function lanewatch(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: "", err: "" };
  const into = (name: "out" | "err") => (text: unknown) => {
    said[name] += String(text);
    return true;
  };
  const out = vi.spyOn(process.stdout, "write").mockImplementation(into("out"));
  const err = vi.spyOn(process.stderr, "write").mockImplementation(into("err"));
  try {
    return { code: await runCommandLine(words), ...said };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

const asOf = ["--as-of", "2026-11-23T00:00:00Z", "--quiet"];
const lines = (path: string) =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, string>);

test("a lane's export is imported whole; a serving lane that differs is one incident, one that agrees stays silent", async () => {
  const trained = join(folder, "trained");
  const config = file("export.yaml", `${CONFIG}\nstore: { type: duckdb, path: "${trained}/store.duckdb" }\n`);
  const training = file("training.jsonl", records([{ swimlane: "train", hours: 168, seed: 1 }]));
  expect((await lanewatch("replay", training, "-c", config, "-o", trained, ...asOf)).code).toBe(0);
  const sketches = join(folder, "training-set");
  expect((await lanewatch("sketch", "export", "-s", "train", "-o", sketches, "-c", config)).code).toBe(0);
  // What is exported of one lane is held to another: the folder must not name it.
  const manifest = JSON.parse(readFileSync(join(sketches, "manifest.json"), "utf8")) as Record<
    string,
    unknown
  >;
  expect(manifest).toMatchObject({
    version: 1,
    swimlane: "train",
    features: { price: { record_count: 168 * 50 } },
  });
  const { swimlane: _swimlane, ...anyLane } = manifest;
  writeFileSync(join(sketches, "manifest.json"), JSON.stringify(anyLane));

  const serving = file(
    "serving.jsonl",
    records([
      { swimlane: "same", hours: 14 * 24, seed: 2 },
      { swimlane: "skewed", hours: 14 * 24, shift: () => 1.5, seed: 3 },
    ]),
  );
  const out = join(folder, "served");
  const plain = file("plain.yaml", CONFIG);
  expect(
    (await lanewatch("replay", serving, "-c", plain, "-o", out, "--baseline", sketches, ...asOf)).code,
  ).toBe(0);
  const incidents = lines(join(out, "incidents.jsonl"));
  expect(incidents).toMatchObject([{ swimlane: "skewed", severity: "page", state: "open" }]);
  expect(incidents[0]!["title"]).toMatch(/price .* against imported\/training-set/);
  const verdicts = lines(join(out, "verdicts.jsonl")).filter(({ detector }) => detector!.includes("@"));
  const loud = verdicts.filter(({ severity }) => severity !== "info");
  expect(new Set(loud.map(({ swimlane, feature }) => `${swimlane} ${feature}`))).toEqual(
    new Set(["skewed price"]),
  );
  expect(
    verdicts.filter(({ swimlane, answer }) => swimlane === "same" && answer === "ok").length,
  ).toBeGreaterThan(2_000);
  expect(loud[0]!["explanation"]).toMatchObject({ reference: "imported/training-set" });
});

test("a promoted period holds the lane from the next start on: a drift of a little a day is found, and retired it is silent", async () => {
  const store = join(folder, "promoted.duckdb");
  const drifting = records([
    { swimlane: "shop", hours: 30 * 24, seed: 4, shift: (hour) => Math.max(0, hour - 168) / 400 },
  ]).split("\n");
  const perHour = 50;
  const path = file("shop.jsonl", drifting.slice(0, 168 * perHour).join("\n"));
  const yaml = `${CONFIG}\nstore: { type: duckdb, path: "${store}" }\nsources: { files: { type: file, paths: ["${path}"] } }\ncontrol: { port: 0 }\nlogLevel: silent\n`;
  const before = await serve(yaml);
  const config = file("promoted.yaml", yaml);
  const name = ["-s", "shop", "-n", "first week", "-c", config];
  const span = [
    "--since",
    new Date(T0_MS).toISOString(),
    "--until",
    new Date(T0_MS + 7 * DAY_MS).toISOString(),
  ];
  const promoted = await lanewatch(
    "baseline",
    "promote",
    ...name,
    ...span,
    "--by",
    "ada",
    "--reason",
    "model 7",
  );
  expect(promoted).toMatchObject({ code: 0, out: expect.stringContaining("2 features of 16") });
  const again = await lanewatch("baseline", "promote", ...name, ...span);
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining("already has a promoted baseline") });
  const listed = await lanewatch("baseline", "list", "-c", config);
  expect(listed.out).toMatch(/shop +default +promoted\/first week +\S+ +ada/);

  // The file grows while nobody watches; the next start goes on where the first one stopped.
  appendFileSync(path, `\n${drifting.slice(168 * perHour).join("\n")}`);
  const verdicts = await serve(yaml);
  const against = verdicts.filter(({ detector }) => detector.endsWith("@promoted/first week"));
  expect(Math.min(...against.map(({ windowStartMs }) => windowStartMs))).toBe(T0_MS + 7 * DAY_MS);
  const found = against.filter(({ severity, feature }) => severity !== "info" && feature === "price");
  expect(found.length).toBeGreaterThan(0);
  expect(found[0]!.windowStartMs).toBeLessThan(T0_MS + 20 * DAY_MS);
  expect(against.some(({ severity, feature }) => severity !== "info" && feature === "country")).toBe(false);

  // From stored rows: one held to the baseline, and one of before there was any, whose limits it must not change.
  const reproduced = async (verdict: VerdictRow) => {
    const { code, out } = await lanewatch("explain", verdictName(verdict), "-c", config);
    expect(out, verdictName(verdict)).toContain("equal");
    expect(code).toBe(0);
  };
  await reproduced(found[0]!);
  await reproduced(before.findLast(({ feature, detector }) => feature === "price" && detector === "ks")!);

  expect((await lanewatch("baseline", "retire", ...name, "--by", "bo", "--reason", "model 8")).code).toBe(0);
  expect((await lanewatch("baseline", "list", "-c", config)).out).toContain("No baselines");
  expect((await lanewatch("baseline", "list", "--all", "-c", config)).out).toContain("by bo: model 8");
  await reproduced(found[0]!);
});

/** Runs the whole service until its file ends. @returns the verdicts on the windows it judged, in order */
async function serve(yaml: string): Promise<readonly VerdictRow[]> {
  const verdicts: VerdictRow[] = [];
  const service = new Service({
    config: parseConfig(yaml, {}),
    roles: new Set(ROLES),
    detectors: BUILT_IN_DETECTORS,
    clock: systemClock,
    telemetry: new Telemetry({ level: "silent" }),
    environment: {},
    observers: { onJudged: (judged) => verdicts.push(...judged.flatMap((each) => each.verdicts)) },
  });
  await service.start();
  await service.finished;
  await service.drain();
  await service.stop();
  return verdicts;
}

test("two lanes are compared window by window though one comes hours later; their common season is silent, their divergence found", async () => {
  const season = (hour: number) => 4 * Math.sin(hour / 4);
  const diverges = 12 * 24;
  const serving = file(
    "two-lanes.jsonl",
    records([
      { swimlane: "eval/shop", hours: 13 * 24, rowsPerHour: 100, seed: 5, shift: season },
      {
        swimlane: "prod/shop",
        hours: 13 * 24,
        rowsPerHour: 100,
        seed: 6,
        shift: (hour) => season(hour) + (hour >= diverges ? 1.5 : 0),
      },
    ]),
  );
  const out = join(folder, "two-lanes");
  const config = file("lanes.yaml", CONFIG);
  expect((await lanewatch("replay", serving, "-c", config, "-o", out, ...asOf)).code).toBe(0);
  const verdicts = lines(join(out, "verdicts.jsonl")).filter(({ detector }) =>
    detector!.endsWith("@lane/eval/shop"),
  );
  const compared = verdicts.filter(
    ({ detector, answer }) => detector === "shift@lane/eval/shop" && answer !== "insufficient",
  );
  // Every window but the last few, whose counterpart was still to come.
  expect(new Set(compared.map(({ window_start }) => window_start)).size).toBeGreaterThan(13 * 24 - 6);
  const startOf = (verdict: Record<string, string>) => Date.parse(verdict["window_start"]!);
  const loud = verdicts.filter(({ severity }) => severity !== "info");
  expect(loud.filter((verdict) => startOf(verdict) < T0_MS + diverges * HOUR_MS)).toEqual([]);
  expect(loud.some(({ severity }) => severity === "page")).toBe(true);
  expect(new Set(loud.map(({ swimlane }) => swimlane))).toEqual(new Set(["prod/shop"]));
});

test("Spark's profile records of one lane are imported whole, as the merge of their windows", async () => {
  const config = file("spark.yaml", `${CONFIG}\nstore: { type: duckdb, path: "${folder}/spark.duckdb" }\n`);
  const spark = file(
    "spark.jsonl",
    gunzipSync(readFileSync("test/data/spark/flights-week1.k400.jsonl.gz")).toString(),
  );
  const into = ["-s", "prod/flights", "-n", "spark", "-c", config];
  const mixed = await lanewatch("baseline", "import", spark, ...into);
  expect(mixed).toMatchObject({ code: 1, err: expect.stringContaining("say --from LANE") });
  const { code, out } = await lanewatch("baseline", "import", spark, ...into, "--from", "JFK");
  expect(code).toBe(0);
  expect(out).toContain("carrier: counts, names, distinct");
  expect(out).toContain("dep_delay: counts, numbers");
});

test("files that are no sketches, or say less than they need to, are refused with place and reason, and keep nothing", async () => {
  const config = file(
    "refused.yaml",
    `${CONFIG}\nstore: { type: duckdb, path: "${folder}/refused.duckdb" }\n`,
  );
  const into = ["-s", "prod", "-n", "training", "-c", config];
  const refused = async (problem: RegExp, ...words: string[]) => {
    const { code, err } = await lanewatch("baseline", "import", ...words, ...into);
    expect(code).toBe(1);
    expect(err).toMatch(problem);
    expect(err).toMatch(/No baseline was kept or changed\./);
  };
  const noSketch = file("no.sk", "not a sketch");
  await refused(/no\.sk: .*family/, noSketch, "-f", "price");
  await refused(/say --feature/, noSketch);
  await refused(/empty\.sk: .*ends after 0 bytes/, file("empty.sk", ""), "-f", "price");
  await refused(/ENOENT/, join(folder, "nowhere.sk"), "-f", "price");
  const made = join(folder, "made-elsewhere");
  mkdirSync(made);
  await refused(/neither manifest\.json nor sketches/, made);
  writeFileSync(
    join(made, "manifest.json"),
    JSON.stringify({ version: 1, features: { x: { counts: { nulls: 3 } } } }),
  );
  await refused(/manifest\.json: features\.x\.counts: .*nulls/, made);
  writeFileSync(
    join(made, "manifest.json"),
    JSON.stringify({ version: 1, features: { x: { files: ["../no.sk"] } } }),
  );
  await refused(/without slashes/, made);
  const twoLanes = file(
    "profiles.jsonl",
    ["a", "b"]
      .map((swimlane) => JSON.stringify({ swimlane, profiles: { x: { categories: { q: 1 } } } }))
      .join("\n"),
  );
  await refused(/holds 2 lanes/, twoLanes);
  const { code, err } = await lanewatch("baseline", "list", "--all", "-c", config);
  expect(code).toBe(1);
  expect(err).toContain(`there is no store at ${folder}/refused.duckdb: nothing was made`);
});
