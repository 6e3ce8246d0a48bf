import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = dirname(fileURLToPath(import.meta.url));

/** Builds the page into `dist/page`. Everything is bundled: the page asks no host but its own. */
export default defineConfig({
  root: join(here, "app"),
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: join(here, "../../../dist/page"),
    emptyOutDir: true,
    target: "es2022",
    // An inlined asset would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
