/**
 * TypeScript with all that it imports as one file of plain JavaScript, which is what users install. tsx keeps the names of
 * closures by a call for each of them, which costs code that makes many up to a third of its speed.
 */
import { join, resolve } from "node:path";

/**
 * @param {string} file the module to begin at, of this repository.
 * @param {string} folder where the JavaScript is written; emptied before.
 * @returns {Promise<string>} its path.
 */
export async function toPlainJavaScript(file, folder) {
  const { build } = await import("vite");
  const name = "main.mjs";
  await build({
    configFile: false,
    logLevel: "warn",
    ssr: { noExternal: true, target: "node" },
    build: {
      ssr: resolve(file),
      outDir: folder,
      emptyOutDir: true,
      minify: false,
      rollupOptions: { output: { entryFileNames: name } },
    },
  });
  return join(folder, name);
}
