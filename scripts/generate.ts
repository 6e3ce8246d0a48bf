/**
 * Writes what is derived from the code: the configuration's reference and JSON Schema, the map in src/README.md.
 * `npx tsx scripts/generate.ts` writes; test/structure fails when a file is stale.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { configJsonSchema } from "../src/app/config/load.ts";
import type { SchemaNode } from "../src/app/config/problems.ts";
import { metricsReference } from "./metrics-reference.ts";

/** Path from the root → what must stand there. */
export function generated(): ReadonlyMap<string, string> {
  return new Map([
    ["docs/reference/lanewatch.schema.json", `${JSON.stringify(configJsonSchema(), null, 2)}\n`],
    ["docs/reference/configuration.md", configurationReference()],
    ["docs/reference/metrics.md", metricsReference()],
    ["src/README.md", sourceMap()],
  ]);
}

interface Described extends SchemaNode {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
}

function configurationReference(): string {
  const rows = keysOf(configJsonSchema() as Described, "");
  return [
    "# Configuration",
    "",
    "Generated from `src/app/config/schema.ts` and the options of each plug-in (`npx tsx scripts/generate.ts`).",
    "One YAML file; `lanewatch validate` tells every problem at once. `${NAME}` takes a value from the environment.",
    "Editors complete it with [lanewatch.schema.json](lanewatch.schema.json); [lanewatch.example.yaml](../../lanewatch.example.yaml) teaches by example.",
    "",
    "| key | type | default | meaning |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function keysOf(node: Described, path: string): string[] {
  const rows: string[] = [];
  for (const [name, inner] of Object.entries(node.properties ?? {}) as [string, Described][]) {
    rows.push(...rowsOf(inner, path === "" ? name : `${path}.${name}`));
  }
  if (typeof node.additionalProperties === "object")
    rows.push(...rowsOf(node.additionalProperties as Described, `${path}.<name>`));
  return rows;
}

function rowsOf(node: Described, path: string): string[] {
  const own = node.description === undefined && hasKeys(node) ? [] : [row(node, path)];
  const choices = [...(node.oneOf ?? []), ...(node.anyOf ?? [])] as Described[];
  const plugIns = choices.filter((choice) => choice.properties?.["type"]?.const !== undefined);
  const inner = plugIns.flatMap((choice) =>
    keysOf(withoutType(choice), `${path}[${String(choice.properties!["type"]!.const)}]`),
  );
  const items = node.items === undefined ? [] : keysOf(node.items as Described, `${path}[]`);
  return [...own, ...keysOf(node, path), ...inner, ...items];
}

function hasKeys(node: Described): boolean {
  return (
    node.properties !== undefined || typeof node.additionalProperties === "object" || node.oneOf !== undefined
  );
}

function withoutType(node: Described): Described {
  const { type: _type, ...properties } = node.properties ?? {};
  return { ...node, properties };
}

function row(node: Described, path: string): string {
  const fallback = node.default === undefined ? "" : `\`${JSON.stringify(node.default)}\``;
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  return `| \`${path}\` | ${cell(typeOf(node))} | ${cell(fallback)} | ${cell(node.description ?? "")} |`;
}

function typeOf(node: Described): string {
  if (node.enum !== undefined) return node.enum.map(String).join(", ");
  if (node.anyOf !== undefined) return [...new Set((node.anyOf as Described[]).map(typeOf))].join(" or ");
  return node.type ?? "";
}

interface Stage {
  readonly name: string;
  readonly path: string;
  readonly says: string;
}

function sourceMap(): string {
  const stages = JSON.parse(readFileSync("src/stages.json", "utf8")) as readonly Stage[];
  const lines = [
    "# Map of src",
    "",
    "Generated from `stages.json` (`npx tsx scripts/generate.ts`). The journey is a total order, and the order is the import",
    "rule: a stage imports only itself and stages above it here, and the *types* of `detectors/contract.ts`. Only `app`",
    "imports everything and runs detectors; only `main.ts` imports `app`. A machine checks it (`npm run check`).",
    "",
    "```",
    "record   source → decode → assign → sketch → segment → store",
    "window                                                  store → rollup → audit → incident → notify",
    "people and pipelines                                                     control (API, gate, page)",
    "```",
    "",
  ];
  for (const stage of stages) {
    lines.push(`## ${stage.name}`, "", `${capital(stage.says)}.`, "", ...filesOf(stage.name), "");
  }
  return lines.join("\n");
}

/** The files of a stage, then those of each of its folders, so that a name is found here wherever it stands. */
function filesOf(stage: string): string[] {
  const folder = join("src", stage);
  const folders = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  const lines = folders.map((name) => `- \`${name}/\` ${namesIn(join(folder, name))}`);
  return [namesIn(folder), ...(lines.length > 0 ? ["", ...lines] : [])];
}

function namesIn(folder: string): string {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ts$/.test(entry.name) && !/\.test\.ts$/.test(entry.name))
    .map((entry) => entry.name.replace(/\.ts$/, ""))
    .sort()
    .join(" · ");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const [path, text] of generated()) writeFileSync(path, text);
}
