import { readFileSync } from "node:fs";
import { packageRoot } from "./page/page-root.ts";

/** As package.json says. */
export const VERSION: string = (
  JSON.parse(readFileSync(`${packageRoot()}/package.json`, "utf8")) as { version: string }
).version;
