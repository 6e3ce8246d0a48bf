/**
 * docs/reference/metrics.md from the code: every metric is a call with a literal name on a Telemetry, so the calls
 * are the list. A name that is not literal fails, or it would be missing from the page.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { OUTCOME_STAGES, OUTCOMES } from "../src/decode/outcome.ts";
import { SEGMENTS } from "../src/store/schema.ts";

interface Metric {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
}

/** Which argument is the name, the help, the labels. */
const CALLS: Readonly<Record<string, { type: string; name: number; help: number; labels: number }>> = {
  counter: { type: "counter", name: 0, help: 1, labels: 2 },
  gauge: { type: "gauge", name: 0, help: 1, labels: 2 },
  observedGauge: { type: "gauge", name: 0, help: 1, labels: 2 },
  histogram: { type: "histogram", name: 0, help: 1, labels: 3 },
  event: { type: "counter", name: 1, help: 2, labels: 3 },
};

export function metricsReference(): string {
  const metrics = sourceFiles("src").flatMap(metricsOf);
  const byName = new Map(metrics.map((metric) => [metric.name, metric]));
  const rows = [...byName.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, type, labels, help }) => {
      const list = labels.map((label) => `\`${label}\``).join(", ");
      return `| \`lanewatch_${name}\` | ${type} | ${list} | ${help.replaceAll("|", "\\|")} |`;
    });
  return [
    "# Metrics",
    "",
    "Generated from the calls in `src` (`npx tsx scripts/generate.ts`). Prometheus text on `/metrics` of every role; the second",
    "word of a name is the stage. Counters begin at 0 with the process, but for `segment_path_…`, `source_log_…`,",
    "`source_uncounted_…` and `rollup_open_…`: the control role reads those from the manifests on the path (and from the",
    "broker) each time, so they are exact after any restart, whoever wrote the segments. `lanewatch_notify_…` and the like carry",
    "labels from closed sets only; names of lanes are labels of `control_budget_…` alone, of the 100 lanes that stand worst.",
    "",
    "| metric | type | labels | meaning |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
    "## Where records went",
    "",
    "Every offset of the log gets one outcome, at one stage. For each partition, always:",
    "`segment_path_end_offset − segment_path_start_offset = sum of segment_path_records`, and",
    "`source_log_end_offset − segment_path_end_offset = source_uncounted_records`.",
    "",
    "| stage | outcome | meaning |",
    "| --- | --- | --- |",
    ...OUTCOMES.map((outcome) => `| ${OUTCOME_STAGES[outcome]} | \`${outcome}\` | ${docOf(outcome)} |`),
    "",
  ].join("\n");
}

function docOf(outcome: string): string {
  const column = SEGMENTS.columns.find(({ name }) => name === `records_${outcome}`);
  if (column === undefined) throw new Error(`the table segments has no column for ${outcome}`);
  return column.doc;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts") && !path.endsWith("telemetry.ts"))
    .map((path) => join(folder, path));
}

function metricsOf(path: string): Metric[] {
  const file = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
  const found: Metric[] = [];
  const visit = (node: ts.Node) => {
    const metric = ts.isCallExpression(node) ? metricOf(node, file) : undefined;
    if (metric !== undefined) found.push(metric);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function metricOf(call: ts.CallExpression, file: ts.SourceFile): Metric | undefined {
  const callee = call.expression;
  if (!ts.isPropertyAccessExpression(callee) || !/telemetry$/i.test(callee.expression.getText()))
    return undefined;
  const kind = CALLS[callee.name.text];
  if (kind === undefined) return undefined;
  const name = call.arguments[kind.name];
  if (name === undefined || !ts.isStringLiteral(name))
    throw new Error(`${file.fileName}: a metric's name must be a literal: ${call.getText().slice(0, 80)}`);
  const isEvent = callee.name.text === "event";
  const help = textOf(call.arguments[kind.help], file);
  if (help === "")
    throw new Error(`${file.fileName}: the help of ${name.text} must be a text that can be read here`);
  return {
    name: isEvent ? `${name.text}_total` : name.text,
    type: kind.type,
    help,
    labels: labelsOf(call.arguments[kind.labels], file),
  };
}

/** A literal, a template without its parts, or what a name in the same file stands for. */
function textOf(node: ts.Expression | undefined, file: ts.SourceFile): string {
  if (node === undefined) return "";
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join("");
  if (ts.isBinaryExpression(node)) return textOf(node.left, file) + textOf(node.right, file);
  return ts.isIdentifier(node) ? textOf(initialiserOf(node, file), file) : "";
}

function labelsOf(node: ts.Expression | undefined, file: ts.SourceFile): string[] {
  if (node === undefined) return [];
  if (ts.isIdentifier(node)) return labelsOf(initialiserOf(node, file), file);
  if (ts.isAsExpression(node)) return labelsOf(node.expression, file);
  if (ts.isObjectLiteralExpression(node))
    return node.properties.map((property) => property.name?.getText() ?? "").filter((name) => name !== "");
  if (!ts.isArrayLiteralExpression(node)) return [];
  return node.elements.flatMap((element) =>
    ts.isSpreadElement(element) ? labelsOf(element.expression, file) : [textOf(element, file)],
  );
}

function initialiserOf(name: ts.Identifier, file: ts.SourceFile): ts.Expression | undefined {
  let found: ts.Expression | undefined;
  const visit = (node: ts.Node) => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === name.text) found ??= node.initializer;
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}
