import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { invariant } from "../../base/errors.ts";

/** Where `vite build` puts the page: `dist/page` of the package, whether this file runs from `src` or from `dist`. */
export function pageRoot(): string {
  return join(packageRoot(), "dist", "page");
}

/** The folder of our package.json: the nearest one above this file. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const above = dirname(folder);
    invariant(above !== folder, "Lanewatch runs from inside its package");
    folder = above;
  }
  return folder;
}
