/** The detectors that run: the built-in ones, less those disabled, and a user's own, loaded from their paths. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Detector } from "../../detectors/contract.ts";
import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";
import { errorText } from "../base/errors.ts";
import { ConfigError } from "./config/load.ts";
import { suggestion } from "./config/problems.ts";
import type { Config } from "./config/schema.ts";

/**
 * @param folder paths of a user's detectors are relative to it: where the configuration lies.
 * @throws {ConfigError} naming each detector that is unknown or cannot be loaded.
 */
export async function loadDetectors(config: Config, folder: string): Promise<readonly Detector[]> {
  const { disable, options, user } = config.detectors;
  const own = await Promise.all(
    user.map((path, i) => loadUserDetector(resolve(folder, path), `detectors.user[${i}]`)),
  );
  const all = [...BUILT_IN_DETECTORS, ...own];
  const names = all.map((detector) => detector.name);
  const problems = [
    ...disable.filter((name) => !names.includes(name)).map((name) => ({ path: "detectors.disable", name })),
    ...Object.keys(options)
      .filter((name) => !names.includes(name))
      .map((name) => ({ path: "detectors.options", name })),
  ].map(({ path, name }) => ({ path, message: `no detector is called "${name}"${suggestion(name, names)}` }));
  problems.push(...all.flatMap((detector) => unknownOptions(detector, options[detector.name])));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    problems.push({ path: "detectors.user", message: `two detectors are called "${twice}"` });
  if (problems.length > 0) throw new ConfigError("configuration", problems);
  return all.filter((detector) => !disable.includes(detector.name));
}

/** An option that no detector reads would be a limit that its owner believes in and nobody keeps. */
function unknownOptions(detector: Detector, given: Readonly<Record<string, unknown>> | undefined) {
  const known = Object.keys((detector.defaults ?? {}) as object);
  return Object.keys(given ?? {})
    .filter((name) => !known.includes(name))
    .map((name) => ({
      path: `detectors.options.${detector.name}.${name}`,
      message: `unknown option${suggestion(name, known)}`,
    }));
}

async function loadUserDetector(path: string, field: string): Promise<Detector> {
  try {
    const module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
    const found = Object.values(module).find(isDetector);
    if (found !== undefined) return found;
    throw new Error("it exports no detector (an object with name, input and start)");
  } catch (error) {
    throw new ConfigError("configuration", [{ path: field, message: `${path}: ${errorText(error)}` }]);
  }
}

function isDetector(value: unknown): value is Detector {
  if (value === null || typeof value !== "object") return false;
  const { name, input, start } = value as Partial<Detector>;
  return (
    typeof name === "string" &&
    typeof start === "function" &&
    (input === "series" || input === "distribution")
  );
}
