/** Everything that is wrong with a configuration, at once: where, what, and what was probably meant. */
import type { z } from "zod";

export interface Problem {
  /** "sources.clicks.brokers[0]"; "" for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

/** The properties of a JSON Schema, as far as suggestions need them. */
export interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly allOf?: readonly SchemaNode[];
  readonly const?: unknown;
}

/** @param given what was read, which the problems are about. */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  schema: SchemaNode,
  given: unknown,
): readonly Problem[] {
  return issues.flatMap((issue) => problemsOfIssue(issue, [], schema, given));
}

function problemsOfIssue(
  issue: z.core.$ZodIssue,
  above: readonly PropertyKey[],
  schema: SchemaNode,
  given: unknown,
): readonly Problem[] {
  const path = [...above, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(schema, path);
    return issue.keys.map((key) => ({
      path: pathText([...path, key]),
      message: `unknown key${suggestion(key, known)}`,
    }));
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const closest = [...issue.errors].sort((a, b) => a.length - b.length)[0]!;
    return closest.flatMap((inner) => problemsOfIssue(inner, path, schema, given));
  }
  return [{ path: pathText(path), message: messageOf(issue, valueAt(given, path), schema, path) }];
}

function messageOf(
  issue: z.core.$ZodIssue,
  value: unknown,
  schema: SchemaNode,
  path: readonly PropertyKey[],
): string {
  if (value === undefined && issue.code === "invalid_type") return "is missing";
  if (issue.code === "invalid_type")
    return `must be ${KINDS[issue.expected] ?? issue.expected}, not ${kindOf(value)}`;
  // A plug-in's name that selects its options.
  const names = issue.code === "invalid_union" ? constants(schema, path) : [];
  if (names.length === 0) return issue.message;
  return value === undefined
    ? `is missing (known here: ${names.join(", ")})`
    : `there is no ${JSON.stringify(value)}${suggestion(String(value), names)}`;
}

const KINDS: Readonly<Record<string, string>> = {
  object: "a map (`key: value`)",
  record: "a map (`key: value`)",
  array: "a list",
  string: "a text",
  number: "a number",
  boolean: "true or false",
};

function kindOf(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  return typeof value === "boolean"
    ? String(value)
    : `the ${typeof value === "string" ? "text" : typeof value} ${JSON.stringify(value)}`;
}

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) => (value as Record<PropertyKey, unknown> | undefined | null)?.[step],
    given,
  );
}

/** The fixed values that may stand at a path, over all alternatives there. */
function constants(schema: SchemaNode, path: readonly PropertyKey[]): readonly string[] {
  const values = nodesAt(schema, path).flatMap((node) =>
    typeof node.const === "string" ? [node.const] : [],
  );
  return [...new Set(values)];
}

/** Keys that may stand at a path, over all alternatives there. */
function knownKeys(schema: SchemaNode, path: readonly PropertyKey[]): readonly string[] {
  return [...new Set(nodesAt(schema, path).flatMap((node) => Object.keys(node.properties ?? {})))];
}

function nodesAt(schema: SchemaNode, path: readonly PropertyKey[]): readonly SchemaNode[] {
  let nodes: readonly SchemaNode[] = alternatives(schema);
  for (const step of path) nodes = nodes.flatMap((node) => below(node, step)).flatMap(alternatives);
  return nodes;
}

function alternatives(node: SchemaNode): readonly SchemaNode[] {
  const parts = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])];
  return [node, ...parts.flatMap(alternatives)];
}

function below(node: SchemaNode, step: PropertyKey): readonly SchemaNode[] {
  if (typeof step === "number") return node.items === undefined ? [] : [node.items];
  const property = node.properties?.[String(step)];
  if (property !== undefined) return [property];
  return typeof node.additionalProperties === "object" ? [node.additionalProperties] : [];
}

/** ` (did you mean "topics"?)` for the nearest known name, or the list of what may stand there. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = known
    .map((name) => ({ name, distance: editDistance(word.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  if (near !== undefined && near.distance <= Math.max(2, Math.floor(word.length / 3)))
    return ` (did you mean "${near.name}"?)`;
  return known.length === 0 ? "" : ` (known here: ${known.join(", ")})`;
}

/** Levenshtein's distance: insertions, deletions and replacements from one word to the other. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, replaced));
    }
    row = next;
  }
  return row[b.length]!;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, step) =>
      typeof step === "number" ? `${text}[${step}]` : text === "" ? String(step) : `${text}.${String(step)}`,
    "",
  );
}
