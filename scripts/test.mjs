#!/usr/bin/env node
/**
 * Runs every test, the real engines too, and ends with one plain line, `N passed, N failed`, from vitest's own counts.
 * With CI=true a skipped test counts as a failure: nothing is passed over silently.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "lanewatch-test-"));
const results = join(folder, "results.json");
const given = process.argv.slice(2);
const { status } = spawnSync(
  process.execPath,
  [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${results}`,
    ...given,
  ],
  { stdio: "inherit" },
);
let report;
try {
  report = JSON.parse(readFileSync(results, "utf8"));
} catch {
  console.error("the test runner ended without a report");
  console.log("0 passed, 1 failed");
  process.exit(1);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const tests = report.testResults.flatMap((file) =>
  file.assertionResults.map((test) => ({ ...test, file: file.name })),
);
const passed = tests.filter((test) => test.status === "passed").length;
const skipped = tests.filter((test) => test.status !== "passed" && test.status !== "failed");
// A file that failed to load has no tests of its own, and must count all the same.
const brokenFiles = report.testResults.filter(
  (file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
);
let failed = tests.filter((test) => test.status === "failed").length + brokenFiles.length;
if (failed === 0 && status !== 0) failed = 1;

for (const test of skipped) console.log(`skipped: ${test.fullName}`);
for (const file of brokenFiles) console.log(`failed to run: ${file.name}`);
const strict = process.env.CI === "true";
if (strict && skipped.length > 0) console.log("with CI=true a skipped test is a failure");
const counted = strict ? failed + skipped.length : failed;
console.log(
  `${passed} passed, ${counted} failed${!strict && skipped.length > 0 ? `, ${skipped.length} skipped` : ""}`,
);
process.exit(counted === 0 && passed > 0 ? 0 : 1);
