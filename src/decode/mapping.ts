/**
 * Where a record keeps its time, swimlane, source and features: a mapping of any JSON shape onto ours.
 * A text that begins with "/" is a JSON pointer (RFC 6901); one with braces is a template such as
 * "{env}/{pipeline}" or "{/meta/env}"; anything else stands for itself.
 */
import type { TimeUnit } from "./event-time.ts";

export interface Mapping {
  /** Pointer to the event time. @default "/ts" */
  readonly time: string;
  /** Unit of a time that is a number. @default "ms" */
  readonly timeUnit: TimeUnit;
  /** Pointer, template or constant. @default "/swimlane" */
  readonly swimlane: string;
  /** Pointer, template or constant; a record without one has source "default". @default "/source" */
  readonly source: string;
  /** Pointer to the object of features ("" is the whole record, less what the mapping itself uses), or name → pointer. @default "/features" */
  readonly features: string | Readonly<Record<string, string>>;
  /** The same for metrics. @default "/metrics" */
  readonly metrics: string | Readonly<Record<string, string>>;
  /** Pointer to profiles made elsewhere. @default "/profiles" */
  readonly profiles: string;
}

export const DEFAULT_MAPPING: Mapping = {
  time: "/ts",
  timeUnit: "ms",
  swimlane: "/swimlane",
  source: "/source",
  features: "/features",
  metrics: "/metrics",
  profiles: "/profiles",
};

/** Finds a value in a parsed record; `undefined` when it is not there. */
export type Pick = (record: unknown) => unknown;

/** A compiled JSON pointer. Looks at own properties only, so that no prototype answers for a record. */
export function compilePointer(pointer: string): Pick {
  return pickKeys(pointerKeys(pointer));
}

function pickKeys(keys: readonly string[]): Pick {
  if (keys.length === 1) {
    const only = keys[0]!;
    return (record) => ownProperty(record, only);
  }
  return (record) => keys.reduce<unknown>(ownProperty, record);
}

/** "/a/b~1c" → ["a", "b/c"]; "" → []. */
export function pointerKeys(pointer: string): readonly string[] {
  if (pointer === "") return [];
  return pointer
    .slice(1)
    .split("/")
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function ownProperty(holder: unknown, key: string): unknown {
  if (holder === null || typeof holder !== "object" || !Object.hasOwn(holder, key)) return undefined;
  return (holder as Record<string, unknown>)[key];
}

/** A compiled name: text, or `undefined` where a part is missing, empty or not a plain value. */
export type PickText = (record: unknown) => string | undefined;

export function compileText(spec: string): PickText {
  const parts = textParts(spec).map((part) => (typeof part === "string" ? part : pickKeys(part.path)));
  const [only] = parts;
  if (parts.length === 1) return typeof only === "string" ? () => only : (record) => asText(only!(record));
  return (record) => {
    let text = "";
    for (const part of parts) {
      const piece = typeof part === "string" ? part : asText(part(record));
      if (piece === undefined) return undefined;
      text += piece;
    }
    return text;
  };
}

/** A constant, or where in the record a part of a name stands. */
export type TextPart = string | { readonly path: readonly string[] };

/** "/a/b" → the path; "{env}/{/meta/pipe}" → a path, "/", a path; anything else is itself. */
export function textParts(spec: string): readonly TextPart[] {
  if (spec.startsWith("/")) return [{ path: pointerKeys(spec) }];
  if (!spec.includes("{")) return [spec];
  return spec
    .split(/(\{[^{}]+\})/)
    .filter((part) => part !== "")
    .map((part) => {
      if (!part.startsWith("{")) return part;
      const name = part.slice(1, -1);
      return { path: name.startsWith("/") ? pointerKeys(name) : [name] };
    });
}

/** A plain value as part of a name; `undefined` for an empty text, null, or anything that is not plain. */
export function asText(value: unknown): string | undefined {
  if (typeof value === "string") return value === "" ? undefined : value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** Top-level keys that the mapping itself reads, and that are no features when `features` is the whole record. */
export function usedKeys(mapping: Mapping): ReadonlySet<string> {
  const texts = [mapping.time, mapping.swimlane, mapping.source, mapping.profiles];
  const keys = new Set<string>();
  for (const text of texts) {
    if (text.startsWith("/")) keys.add(pointerKeys(text)[0]!);
    for (const [, name] of text.matchAll(/\{([^{}]+)\}/g))
      keys.add(name!.startsWith("/") ? pointerKeys(name!)[0]! : name!);
  }
  for (const field of [mapping.features, mapping.metrics]) {
    if (typeof field === "string" && field !== "") keys.add(pointerKeys(field)[0]!);
  }
  return keys;
}
