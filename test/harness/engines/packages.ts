/**
 * Where the engines come from on a machine without Docker: Debian's packages, and jars by Maven. Jars are kept in
 * `.lanewatch/engines` of the checkout, named by the pom's hash, so that a changed pom is fetched anew.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const CHECKOUT = join(HERE, "..", "..", "..");
const POM = join(HERE, "pom.xml");

/** True when `command` is on the PATH. */
export function hasCommand(command: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, command)));
}

/** Installs the Debian package that brings `command`, where we may; throws with what a person would have to do. */
export function ensureCommand(command: string, debianPackage: string): void {
  if (hasCommand(command)) return;
  const may = process.getuid?.() === 0 && hasCommand("apt-get");
  if (may) aptGetInstall(debianPackage);
  if (!hasCommand(command))
    throw new Error(`no "${command}" here; install it: apt-get install ${debianPackage}`);
}

function aptGetInstall(debianPackage: string): void {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args: string[]) => spawnSync("apt-get", ["-q", "-y", ...args], { env, stdio: "ignore" });
  const install = () => apt("install", "--no-install-recommends", debianPackage).status === 0;
  if (install()) return;
  apt("update");
  install();
}

/** True when a Docker daemon answers (the client alone is not enough). */
export function hasDocker(): boolean {
  return (
    hasCommand("docker") && spawnSync("docker", ["info"], { stdio: "ignore", timeout: 10_000 }).status === 0
  );
}

/** The folder with Kafka's and QuestDB's jars, fetched when it is not there yet. */
export function ensureJars(): string {
  ensureCommand("java", "openjdk-17-jre-headless");
  const hash = createHash("sha256").update(readFileSync(POM)).digest("hex").slice(0, 12);
  const folder = join(CHECKOUT, ".lanewatch", "engines", `jars-${hash}`);
  if (!existsSync(folder)) fetchJars(folder);
  return folder;
}

/** Into a folder of our own first: two test runs may fetch at the same time, and one may be stopped half-way. */
function fetchJars(folder: string): void {
  ensureCommand("mvn", "maven");
  const partial = `${folder}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  try {
    execFileSync(
      "mvn",
      ["-q", "-B", "-f", POM, "dependency:copy-dependencies", `-DoutputDirectory=${partial}`],
      {
        stdio: ["ignore", "pipe", "pipe"],
        timeout: 600_000,
      },
    );
    renameSync(partial, folder);
  } catch (error) {
    if (!existsSync(folder)) throw new Error("Maven could not fetch the engines' jars", { cause: error });
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
