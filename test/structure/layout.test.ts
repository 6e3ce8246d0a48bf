import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const stages = (JSON.parse(readFileSync("src/stages.json", "utf8")) as { name: string }[]).map(
  ({ name }) => name,
);

test("every folder of src is a stage, and every stage a folder", () => {
  const folders = readdirSync("src", { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).sort()).toEqual([...stages].sort());
});

test("a stage imports only itself and stages before it; detectors import nothing of ours", {
  timeout: 120_000,
}, () => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      "node_modules/dependency-cruiser/bin/dependency-cruise.mjs",
      "--config",
      ".dependency-cruiser.cjs",
      "--output-type",
      "json",
      "src",
      "detectors",
    ],
    { encoding: "utf8", maxBuffer: 256 * 1_048_576 },
  );
  expect(stderr).toBe("");
  const { summary } = JSON.parse(stdout) as {
    summary: {
      totalCruised: number;
      totalDependenciesCruised: number;
      violations: { rule: { name: string }; from: string; to: string }[];
    };
  };
  // A cruiser that sees nothing finds nothing wrong: it must have seen the code.
  expect(summary.totalCruised).toBeGreaterThan(200);
  expect(summary.totalDependenciesCruised).toBeGreaterThan(500);
  expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
});
