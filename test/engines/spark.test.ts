/**
 * The real PySpark job on a real table: its own test holds every number to the rows by plain Python and the
 * DataSketches library; what it wrote is then read by Lanewatch and judged beside the rows.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sparkLaws } from "../conformance/spark-side-by-side.ts";
import { ensureCommand, hasCommand } from "../harness/engines/packages.ts";

const CHECKOUT = fileURLToPath(new URL("../..", import.meta.url));
const JOB = join(CHECKOUT, "integrations", "spark");
const here = hasCommand("python3") && hasCommand("java");
const why = here ? "" : " [skipped, not here: python3 and Java 17]";

describe.skipIf(!here && process.env["CI"] !== "true")(`Spark${why}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "lanewatch-spark-"));
  let report = "";

  // Some 100 MB of packages on the first run, then a JVM and a dozen small jobs.
  beforeAll(() => {
    ensureCommand("java", "openjdk-17-jre-headless");
    report = run(python(), ["test_profiles.py", "--keep", folder]);
  }, 900_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("the job's own test passes", () => expect(report).toMatch(/Ran \d\d tests in .*\n+OK/));

  const records = (k: number) => readFileSync(join(folder, `flights-week1.k${k}.jsonl`), "utf8");
  describe("k = 400 keeps every value of a day", () => sparkLaws(() => records(400), "all"));
  describe("k = 200 estimates", () => sparkLaws(() => records(200), "some"));
});

/** The interpreter of an environment with the job's requirements, made once for each version of them. */
function python(): string {
  const requirements = join(JOB, "requirements.txt");
  const hash = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const environment = join(CHECKOUT, ".lanewatch", "engines", `python-${hash}`);
  const interpreter = join(environment, "bin", "python");
  if (existsSync(join(environment, "ready"))) return interpreter;
  rmSync(environment, { recursive: true, force: true });
  run("python3", ["-m", "venv", environment]);
  run(interpreter, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
  // An environment knows its own path and can't be moved into place; the mark says that it was finished.
  writeFileSync(join(environment, "ready"), "");
  return interpreter;
}

/** Both streams, as one text; throws with it when the command fails. */
function run(command: string, words: readonly string[]): string {
  const env = { ...process.env, SPARK_LOCAL_IP: "127.0.0.1", PYTHONDONTWRITEBYTECODE: "1" };
  return execFileSync("sh", ["-c", 'exec "$0" "$@" 2>&1', command, ...words], {
    cwd: JOB,
    env,
    encoding: "utf8",
    timeout: 800_000,
    maxBuffer: 64 * 1024 * 1024,
  });
}
