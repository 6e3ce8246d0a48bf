/**
 * The reference libraries in Python and Java, brought up in `.lanewatch/bench/` when first needed (PyPI, Maven
 * Central). Where that cannot be done they are skipped by name, with the reason.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Measure } from "../measure.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const CACHE = ".lanewatch/bench";
const TIMEOUT_MS = 300_000;

interface Foreign {
  readonly name: string;
  readonly measures: readonly Measure[];
  /** Why it was not measured. */
  readonly skipped?: string;
}

export function measurePython(numbersFile: string, repeats: number): Foreign {
  return attempt("datasketches-python 5.2.0", () => {
    const python = pythonWithDatasketches();
    return run(python, [join(HERE, "rivals.py"), numbersFile, String(repeats)]);
  });
}

export function measureJava(numbersFile: string, repeats: number): Foreign {
  return attempt("datasketches-java 6.2.0", () => {
    const jars = jarsOfDatasketches();
    // datasketches-memory reaches into the JDK; these are the packages that it names itself.
    const opens = ["java.nio", "jdk.internal.misc", "jdk.internal.ref"].map(
      (p) => `--add-opens=java.base/${p}=ALL-UNNAMED`,
    );
    return run("java", [
      ...opens,
      "-cp",
      `${jars}/*`,
      join(HERE, "Rivals.java"),
      numbersFile,
      String(repeats),
    ]);
  });
}

/** The interpreter of a virtual environment that has the library. */
export function pythonWithDatasketches(): string {
  const folder = join(CACHE, "venv");
  const python = join(folder, "bin", "python");
  if (!existsSync(join(folder, "ready"))) {
    mkdirSync(CACHE, { recursive: true });
    run("python3", ["-m", "venv", folder]);
    run(python, ["-m", "pip", "install", "--quiet", "datasketches==5.2.0", "numpy==2.4.6"]);
    mkdirSync(join(folder, "ready"));
  }
  return python;
}

/** The folder with the jars. */
export function jarsOfDatasketches(): string {
  const folder = join(CACHE, "java");
  if (!existsSync(folder) || readdirSync(folder).length < 2) {
    run("mvn", [
      "-q",
      "-B",
      "-f",
      join(HERE, "pom.xml"),
      "dependency:copy-dependencies",
      `-DoutputDirectory=${process.cwd()}/${folder}`,
    ]);
  }
  return folder;
}

function run(command: string, args: readonly string[]): string {
  return execFileSync(command, args, {
    encoding: "utf8",
    timeout: TIMEOUT_MS,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function attempt(name: string, measure: () => string): Foreign {
  try {
    const lines = measure().trim().split("\n");
    return { name, measures: lines.map((line) => JSON.parse(line) as Measure) };
  } catch (error) {
    return { name, measures: [], skipped: String((error as Error).message).split("\n")[0]! };
  }
}
