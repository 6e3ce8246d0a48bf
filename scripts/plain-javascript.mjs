/**
 * TypeScript with all that it imports as one file of plain JavaScript, which is what users install. tsx keeps the names of
 * closures by a call for each of them, which costs code that makes many up to a third of its speed.
 */
import { join, resolve } from "node:path";

/**
 * @param {string} file the module to begin at, of this repository.
 * @param {string} folder where the JavaScript is written; emptied before.
 * @param {"within" | "beside"} packages in the same file, or left to be found from the folder, as an installed program
 * finds them.
 * @returns {Promise<string>} its path.
 */
export async function toPlainJavaScript(file, folder, packages = "within") {
  const { build } = await import("vite");
  const name = "main.mjs";
  await build({
    configFile: false,
    logLevel: "warn",
    ssr: { target: "node", ...(packages === "within" ? { noExternal: true } : {}) },
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
