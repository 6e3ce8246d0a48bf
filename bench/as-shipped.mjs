/**
 * `node bench/as-shipped.mjs FILE [words…]`: runs a bench as what users install, plain JavaScript. tsx keeps the names of
 * closures by a call for each of them, which costs code that makes many some third of its speed.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "vite";

const [file] = process.argv.splice(2, 1);
const folder = mkdtempSync(join(tmpdir(), "lanewatch-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
await build({
  configFile: false,
  logLevel: "warn",
  ssr: { noExternal: true, target: "node" },
  build: {
    ssr: resolve(file),
    outDir: folder,
    emptyOutDir: true,
    minify: false,
    rollupOptions: { output: { entryFileNames: "bench.mjs" } },
  },
});
await import(pathToFileURL(join(folder, "bench.mjs")).href);
