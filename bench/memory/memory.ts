/**
 * bench:memory: what the partitions and audits of a process hold in common, shared as it is and with a copy for each.
 *
 *   npm run bench:memory -- [--json FILE]
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeResult } from "../result.ts";

const PARTS = {
  windows: "windows held by the auditors of 100 lanes × 20 features (4 each)",
  baselines: "one baseline that 100 lanes are held to, and what is derived from it",
  categories: "2,000 categories in 8 partitions: dictionaries and counts",
} as const;

const { values } = parseArgs({ options: { json: { type: "string" } } });
const rows = Object.entries(PARTS).map(([part, what]) => {
  const shared = measure(part, "shared");
  const copied = measure(part, "copied");
  return { part, what, shared_bytes: shared, copied_bytes: copied, saving: saving(shared, copied) };
});
const total = (key: "shared_bytes" | "copied_bytes") => rows.reduce((sum, row) => sum + row[key], 0);
const figures = {
  parts: rows,
  shared_bytes: total("shared_bytes"),
  copied_bytes: total("copied_bytes"),
  saving: saving(total("shared_bytes"), total("copied_bytes")),
};
console.log("shared MB   copied MB   saved   what");
for (const row of [...rows, { what: "all", ...figures }])
  console.log(
    `${megabytes(row.shared_bytes)}   ${megabytes(row.copied_bytes)}   ${`${Math.round(row.saving * 100)}%`.padStart(5)}   ${row.what}`,
  );
writeResult(values.json, "memory", figures);

function measure(part: string, way: "shared" | "copied"): number {
  const script = fileURLToPath(new URL("hold.ts", import.meta.url));
  const words = ["--expose-gc", "--import", "tsx", script, part, way];
  return (JSON.parse(execFileSync(process.execPath, words, { encoding: "utf8" })) as { bytes: number }).bytes;
}

function saving(shared: number, copied: number): number {
  return Math.round((1 - shared / copied) * 1_000) / 1_000;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1).padStart(9);
}
