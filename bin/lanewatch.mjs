#!/usr/bin/env node
// Runs the compiled program where it is built (the package, the container), and the sources through tsx in a checkout.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const compiled = new URL("../dist/src/main.js", import.meta.url);
const source = new URL("../src/main.ts", import.meta.url);
if (existsSync(source)) {
  const { register } = await import("tsx/esm/api");
  register();
  await import(source.href);
} else if (existsSync(fileURLToPath(compiled))) {
  await import(compiled.href);
} else {
  console.error(
    "lanewatch: neither dist/ nor src/ is here; run `npm run build` in a checkout, or install the package again",
  );
  process.exitCode = 1;
}
