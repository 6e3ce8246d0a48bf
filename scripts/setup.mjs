#!/usr/bin/env node
/**
 * What `npm run demo`, `npm test` and `npm run build` do first on a fresh clone: install the packages of the lockfile
 * and build the page, when they are missing or older than what they are made from. Plain Node, no packages.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [task, ...words] = process.argv.slice(2);
const tasks = { demo, test, build, page: buildPage, run: runProgram };

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19))
  fail(`Lanewatch needs Node 20.19 or newer; this is ${process.versions.node}.`);
if (!Object.hasOwn(tasks, task))
  fail(`setup.mjs: no task "${task}"; tasks are ${Object.keys(tasks).join(", ")}`);
process.chdir(root);
installPackages();
tasks[task]();

function demo() {
  buildPage();
  runProgram(["demo", ...words]);
}

function runProgram(given = words) {
  run(process.execPath, ["bin/lanewatch.mjs", ...given], { quiet: true });
}

function build() {
  buildPage();
  run(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"]);
}

function test() {
  buildPage();
  run(process.execPath, ["scripts/test.mjs", ...words], { quiet: true });
}

function installPackages() {
  if (isNewer("node_modules/.package-lock.json", ["package-lock.json", "package.json"])) return;
  say("installing npm packages (once)…");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
}

function buildPage() {
  const folder = "src/control/page";
  if (isNewer("dist/page/index.html", [...files(join(folder, "app")), join(folder, "vite.config.ts")]))
    return;
  say("building the page…");
  run(process.execPath, [
    "node_modules/vite/bin/vite.js",
    "build",
    "--config",
    join(folder, "vite.config.ts"),
    "--logLevel",
    "warn",
  ]);
}

/** True when `made` exists and is at least as new as everything it is made from. */
function isNewer(made, sources) {
  if (!existsSync(made)) return false;
  const madeMs = statSync(made).mtimeMs;
  return sources.every((source) => !existsSync(source) || statSync(source).mtimeMs <= madeMs);
}

function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

function run(command, given, { quiet = false } = {}) {
  // The child gets the terminal's Ctrl-C itself; we wait for its answer.
  process.on("SIGINT", () => {});
  const { status, signal, error } = spawnSync(command, given, {
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (error !== undefined) fail(`${command} could not be started: ${error.message}`);
  if (status !== 0 || signal !== null) {
    if (!quiet) console.error(`setup: ${command} ${given.join(" ")} ended with ${signal ?? status}`);
    process.exit(status ?? 1);
  }
}

function say(text) {
  console.error(`setup: ${text}`);
}

function fail(text) {
  console.error(text);
  process.exit(1);
}
