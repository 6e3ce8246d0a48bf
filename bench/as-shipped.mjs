/** `node bench/as-shipped.mjs FILE [words…]`: runs a bench as what users install, plain JavaScript. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { toPlainJavaScript } from "../scripts/plain-javascript.mjs";

const [file] = process.argv.splice(2, 1);
const folder = mkdtempSync(join(tmpdir(), "lanewatch-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
await import(pathToFileURL(await toPlainJavaScript(file, folder)).href);
