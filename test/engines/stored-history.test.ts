/** Looking back over hours and days: `explain` and `backtest` say the same of the same rows in DuckDB and in QuestDB. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import type { Store } from "../../src/store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../src/store/index.ts";
import { describeWithEngines, engine } from "../harness/engines-suite.ts";
import { told } from "../harness/told.ts";

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 5, 1);
const DAYS = 30;
const RECORDS_PER_HOUR = 15;
const LANES = "lanes: { defaults: { window: 1h, allowedLateness: 1s, lateMax: 9999d } }";

describeWithEngines(["questdb"], "stored hours and days", () => {
  const folder = mkdtempSync(join(tmpdir(), "lanewatch-history-"));
  const prefix = `h${randomBytes(6).toString("hex")}_`;
  const storePath = join(folder, "out", "store.duckdb");
  const onDuckDb = ["-c", join(folder, "duckdb.yaml"), "--store", storePath];
  const onQuestDb = ["-c", join(folder, "questdb.yaml")];
  let verdicts: readonly Readonly<Record<string, string>>[];
  let dropTables: () => Promise<void> = async () => {};

  beforeAll(async () => {
    const { httpPort, pgPort } = await engine("questdb");
    const questdb = { type: "questdb", http: `http://127.0.0.1:${httpPort}`, pg: `127.0.0.1:${pgPort}` };
    writeFileSync(join(folder, "duckdb.yaml"), LANES);
    writeFileSync(
      join(folder, "questdb.yaml"),
      `${LANES}\nstore: ${JSON.stringify({ ...questdb, tablePrefix: prefix })}\n`,
    );
    writeFileSync(join(folder, "records.jsonl"), records().join("\n"));
    const words = ["replay", join(folder, "records.jsonl"), "-c", join(folder, "duckdb.yaml"), "--quiet"];
    expect((await told([...words, "-o", join(folder, "out")])).status).toBe(0);
    const lines = readFileSync(join(folder, "out", "verdicts.jsonl"), "utf8")
      .trim()
      .split("\n");
    verdicts = lines.map((line) => JSON.parse(line) as Record<string, string>);
    const from = await open({ type: "duckdb", path: storePath });
    const to = await open({ ...questdb, tablePrefix: prefix, flushIntervalMs: 50 });
    dropTables = async () => {
      for (const { table_name } of await to.query("SELECT table_name FROM tables()"))
        if (String(table_name).startsWith(prefix))
          await to.query(`DROP TABLE ${String(table_name)}`).catch(() => {});
      await to.close();
    };
    const all = { limit: 1_000_000 };
    const [windows, profiles, rows] = await Promise.all([
      from.readWindows(all),
      from.readProfiles(all),
      from.readVerdicts(all),
    ]);
    await from.close();
    await to.writeWindows(windows, profiles);
    await to.writeVerdicts(rows);
    // QuestDB acknowledges before it applies.
    const applied = async () => {
      expect(await to.readWindows(all)).toHaveLength(windows.length);
      expect(await to.readProfiles(all)).toHaveLength(profiles.length);
      expect(await to.readVerdicts(all)).toHaveLength(rows.length);
    };
    await vi.waitFor(applied, { timeout: 60_000, interval: 500 });
  }, 180_000);
  afterAll(async () => {
    await dropTables();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([1, 24])("a verdict on windows of %i hours comes out equal from both", async (hours) => {
    const sized = verdicts.filter(
      (line) => Date.parse(line["window_end"]!) - Date.parse(line["window_start"]!) === hours * HOUR_MS,
    );
    const chosen = ["score", "*"].map((feature) =>
      sized.findLast((line) => line["feature"] === feature && line["statistic"] !== null),
    );
    expect(chosen.filter((line) => line !== undefined).length).toBe(hours === 1 ? 2 : 1);
    for (const line of chosen.filter((each) => each !== undefined)) {
      for (const where of [onDuckDb, onQuestDb]) {
        const { status, text } = await told(["explain", line["verdict"]!, ...where, "--json"]);
        expect([line["verdict"], status, JSON.parse(text).outcome]).toEqual([line["verdict"], 0, "equal"]);
      }
    }
  });

  test("backtest counts the same pages and finds the same faults in both", async () => {
    const words = [
      "--faults",
      "drop=100% nulls=100%",
      "--trials",
      "2",
      "--horizon",
      "30",
      "--json",
      "--quiet",
    ];
    const [duckdb, questdb] = [
      await told(["backtest", ...words, ...onDuckDb]),
      await told(["backtest", ...words, ...onQuestDb]),
    ];
    expect([duckdb.status, questdb.status]).toEqual([0, 0]);
    const lanes = JSON.parse(duckdb.text) as readonly {
      readonly places: number;
      readonly faults: readonly { readonly page: { readonly found: number } }[];
    }[];
    expect(lanes).toHaveLength(1);
    for (const { page } of lanes[0]!.faults) expect(page.found).toBe(lanes[0]!.places);
    expect(JSON.parse(questdb.text)).toEqual(lanes);
  });
});

function open(options: object): Promise<Store> {
  const telemetry = new Telemetry({ level: "silent" });
  const store = makeStore(storeOptionsSchema.parse(options), { clock: systemClock, telemetry });
  return store.open().then(() => store);
}

/** A month of hours, each with a few records of one number. */
function records(): readonly string[] {
  const random = seededRandom(3);
  return Array.from({ length: DAYS * 24 * RECORDS_PER_HOUR }, (_, i) => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const ts = START_MS + Math.floor((i * HOUR_MS) / RECORDS_PER_HOUR);
    return JSON.stringify({
      ts,
      swimlane: "prod",
      source: "web",
      features: { score: Number(normal.toFixed(3)) },
    });
  });
}
