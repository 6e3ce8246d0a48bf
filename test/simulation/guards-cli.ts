/**
 * `npm run simulate:guards [-- --seeds N] [--from N] [--only NAME] [--json FILE]`: takes out one guard at a time, in a
 * copy of the tree, and runs the simulator until it goes red. Exits with 1 when it stays green without any of them.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { GUARDS, type Guard, withoutGuard } from "./guards.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const COPIED = [
  "src",
  "detectors",
  "test/simulation",
  "scripts/plain-javascript.mjs",
  "package.json",
  "tsconfig.json",
];
const RUN_MS_MAX = 300_000;

interface Finding {
  readonly guard: string;
  readonly without: string;
  /** Seeds until it was found missing; null when it was not. */
  readonly redAfterSeeds: number | null;
  readonly failure: string | null;
}

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    only: { type: "string" },
    json: { type: "string" },
  },
});
const [from, seeds] = [Number(values.from), Number(values.seeds)];
if (!Number.isInteger(from) || !Number.isInteger(seeds) || seeds < 1)
  throw new Error("--seeds and --from are whole numbers, --seeds at least 1");
const guards = GUARDS.filter(({ name }) => values.only === undefined || name === values.only);
if (guards.length === 0)
  throw new Error(
    `no guard is named "${values.only}"; there are ${GUARDS.map(({ name }) => name).join(", ")}`,
  );

const tree = mkdtempSync(join(tmpdir(), "lanewatch-guards-"));
const findings: Finding[] = [];
try {
  for (const path of COPIED) cpSync(join(ROOT, path), join(tree, path), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(tree, "node_modules"), "dir");
  // The tree as it is comes first: on a simulator that is red anyway, nothing below would mean anything.
  const whole = redSeed("the unchanged tree", Math.min(seeds, 10), []);
  if (whole !== undefined) throw new Error(`the unchanged tree is red: ${whole.failure}`);
  for (const guard of guards) {
    const finding = findingOf(guard);
    findings.push(finding);
    const { redAfterSeeds, failure } = finding;
    const outcome =
      redAfterSeeds === null ? `STAYED GREEN over ${seeds} seeds` : `red after ${redAfterSeeds}`;
    process.stdout.write(`${guard.name.padEnd(28)}${outcome.padEnd(30)}${failure?.slice(0, 110) ?? ""}\n`);
  }
} finally {
  rmSync(tree, { recursive: true, force: true });
}
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ from, seeds, guards: findings }, null, 2)}\n`);
const missed = findings.filter(({ redAfterSeeds }) => redAfterSeeds === null).length;
process.stdout.write(
  `${findings.length - missed} of ${findings.length} guards are noticed when they are gone\n`,
);
process.exitCode = missed > 0 ? 1 : 0;

function findingOf(guard: Guard): Finding {
  const file = join(tree, guard.file);
  const source = readFileSync(file, "utf8");
  writeFileSync(file, withoutGuard(source, guard));
  try {
    const more = guard.remakes === true ? ["--remakes"] : [];
    const red = redSeed(`the tree without "${guard.name}"`, seeds, more);
    const { name, without } = guard;
    return {
      guard: name,
      without,
      redAfterSeeds: red === undefined ? null : red.seed - from + 1,
      failure: red?.failure ?? null,
    };
  } finally {
    writeFileSync(file, source);
  }
}

/** A run that ends without a failing seed and without success did not simulate: that proves nothing, and throws. */
function redSeed(
  what: string,
  count: number,
  more: readonly string[],
): { seed: number; failure: string } | undefined {
  const args = [
    "--import",
    "tsx",
    "test/simulation/cli.ts",
    "--failures-max",
    "1",
    "--trace-lines",
    "1",
    ...more,
  ];
  const run = spawnSync(process.execPath, [...args, "--from", `${from}`, "--seeds", `${count}`], {
    cwd: tree,
    encoding: "utf8",
    timeout: RUN_MS_MAX,
    maxBuffer: 64 * 1_048_576,
  });
  if (run.status === 0) return undefined;
  const found = /^seed (\d+) \(\w+\): (.*)$/m.exec(run.stdout);
  if (found === null)
    throw new Error(`${what} did not run: ${run.error?.message ?? run.stderr.slice(-2_000)}`);
  return { seed: Number(found[1]), failure: found[2]! };
}
