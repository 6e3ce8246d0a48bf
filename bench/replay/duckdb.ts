/**
 * DuckDB's side, as a process of its own: approximate quantiles and distinct counts by lane and minute, straight from
 * the file, one thread. Its types are given, so that it need not look for them.
 */
import { DuckDBInstance } from "@duckdb/node-api";

const [path, count] = process.argv.slice(2);
const NUMBERS = ["watch_time", "score", "sessions", "age", "price", "latency_ms", "clicks"];
const TEXTS = ["country", "device"];

const quantiles = NUMBERS.map((name) => `approx_quantile(features.${name}, [0.05, 0.5, 0.95]) AS ${name}`);
const distinct = TEXTS.map((name) => `approx_count_distinct(features.${name}) AS ${name}`);
const struct = [
  ...NUMBERS.map((name) => `${name} DOUBLE`),
  "is_premium BOOLEAN",
  ...TEXTS.map((name) => `${name} VARCHAR`),
].join(", ");
const startCpu = process.cpuUsage();
const startMs = performance.now();
const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
const connection = await instance.connect();
const rows = await connection.runAndReadAll(
  `SELECT swimlane, ts // 60000 AS minute, count(*)::DOUBLE AS records, ${[...quantiles, ...distinct].join(", ")},
     count_if(features.is_premium) AS is_premium
   FROM read_json('${path}', format = 'newline_delimited',
     columns = {ts: 'BIGINT', swimlane: 'VARCHAR', source: 'VARCHAR', features: 'STRUCT(${struct})'})
   GROUP BY ALL`,
);
const { user, system } = process.cpuUsage(startCpu);
const wallMs = performance.now() - startMs;
const records = rows.getRowObjects().reduce((sum, row) => sum + (row["records"] as number), 0);
if (records !== Number(count)) throw new Error(`${records} of ${count} counted`);
console.log(JSON.stringify({ cpuUs: user + system, wallMs, groups: rows.currentRowCount }));
