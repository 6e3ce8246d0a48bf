/**
 * A bench's script as users run the program: plain JavaScript, the packages beside it. tsx keeps the names of closures by
 * a call for each of them, which costs code that makes many some third of its speed.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { build } from "vite";

/** Within the checkout, so that packages are found from there. */
const FOLDER = ".lanewatch";

/** @returns the path of the compiled script, which goes when this process ends. */
export async function compiled(script: string): Promise<string> {
  mkdirSync(FOLDER, { recursive: true });
  const folder = mkdtempSync(join(FOLDER, "bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const name = `${basename(script, ".ts")}.mjs`;
  await build({
    configFile: false,
    logLevel: "warn",
    ssr: { target: "node" },
    build: {
      ssr: resolve(script),
      outDir: folder,
      minify: false,
      rollupOptions: { output: { entryFileNames: name } },
    },
  });
  return join(folder, name);
}
