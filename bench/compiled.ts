/** A bench's script as users run the program: plain JavaScript, the packages beside it. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { toPlainJavaScript } from "../scripts/plain-javascript.mjs";

/** Within the checkout, so that packages are found from there. */
const FOLDER = ".lanewatch";

/** @returns the path of the compiled script, which goes when this process ends. */
export function compiled(script: string): Promise<string> {
  mkdirSync(FOLDER, { recursive: true });
  const folder = mkdtempSync(join(FOLDER, "bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return toPlainJavaScript(script, folder, "beside");
}
