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

export function problemsOf(issues: readonly z.core.$ZodIssue[], schema: SchemaNode): readonly Problem[] {
  return issues.flatMap((issue) => problemsOfIssue(issue, [], schema));
}

function problemsOfIssue(
  issue: z.core.$ZodIssue,
  above: readonly PropertyKey[],
  schema: SchemaNode,
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
    return closest.flatMap((inner) => problemsOfIssue(inner, path, schema));
  }
  return [{ path: pathText(path), message: issue.message }];
}

/** Keys that may stand at a path, over all alternatives there. */
function knownKeys(schema: SchemaNode, path: readonly PropertyKey[]): readonly string[] {
  let nodes: readonly SchemaNode[] = alternatives(schema);
  for (const step of path) nodes = nodes.flatMap((node) => below(node, step)).flatMap(alternatives);
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
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
