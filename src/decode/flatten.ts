/**
 * Turns a parsed object of features into flat values: nested objects flatten with dots, an array gives its length
 * (`tags.length`) and its elements' distribution (`tags[]`), and a value that cannot be counted as data says why.
 */
import type { RecordOutcome } from "./outcome.ts";
import {
  type DecodedRecord,
  type RecordKind,
  VALUE_BOOLEAN,
  VALUE_NULL,
  VALUE_NUMBER,
  VALUE_STRING,
  VALUES_MAX,
} from "./record.ts";
import type { ShapeRegistry } from "./shapes.ts";

/** Beyond it a sum of squares overflows a double and every moment is lost. */
export const NUMBER_MAX = 1e300;

export interface FlattenLimits {
  /** Deepest nesting of objects and arrays. */
  readonly depthMax: number;
  /** Most distinct field names in a record. */
  readonly fieldsMax: number;
}

export class Flattener {
  readonly #shapes: ShapeRegistry;
  readonly #limits: FlattenLimits;
  #record!: DecodedRecord;
  #fieldCount = 0;
  /** Where and why flattening stopped; "" when it did not. */
  detail = "";

  constructor(shapes: ShapeRegistry, limits: FlattenLimits) {
    this.#shapes = shapes;
    this.#limits = limits;
  }

  begin(kind: RecordKind, record: DecodedRecord): void {
    this.#shapes.begin(kind);
    record.kind = kind;
    record.flat = true;
    record.valueCount = 0;
    this.#record = record;
    this.#fieldCount = 0;
    this.detail = "";
  }

  end(): RecordOutcome {
    this.#record.shape = this.#shapes.end(this.#record.kind);
    return this.#fieldCount === 0 ? this.#stop("no_features", "no value under the mapped path") : "ok";
  }

  /** Adds every own property of `object`, less the names in `without`. */
  object(object: object, prefix: string, depth: number, without?: ReadonlySet<string>): RecordOutcome {
    if (depth > this.#limits.depthMax)
      return this.#stop("too_complex", `nested deeper than ${this.#limits.depthMax} at "${prefix}"`);
    for (const key of Object.keys(object)) {
      if (key === "__proto__") return this.#stop("forbidden_key", `key "__proto__" under "${prefix}"`);
      if (without?.has(key)) continue;
      const outcome = this.value(
        (object as Record<string, unknown>)[key],
        prefix === "" ? key : `${prefix}.${key}`,
        depth,
      );
      if (outcome !== "ok") return outcome;
    }
    return "ok";
  }

  /** Adds one named value of any type. */
  value(value: unknown, name: string, depth: number): RecordOutcome {
    if (value !== null && typeof value === "object") {
      return Array.isArray(value) ? this.#array(value, name, depth + 1) : this.object(value, name, depth + 1);
    }
    const outcome = this.#field(name);
    return outcome === "ok" ? this.#scalar(value, name) : outcome;
  }

  #array(elements: readonly unknown[], name: string, depth: number): RecordOutcome {
    if (depth > this.#limits.depthMax)
      return this.#stop("too_complex", `nested deeper than ${this.#limits.depthMax} at "${name}"`);
    const length = this.value(elements.length, `${name}.length`, depth);
    if (length !== "ok" || elements.length === 0) return length;
    const outcome = this.#field(`${name}[]`);
    if (outcome !== "ok") return outcome;
    this.#record.flat = false;
    for (const element of elements) {
      const added = this.#element(element, name, depth);
      if (added !== "ok") return added;
    }
    return "ok";
  }

  /** Elements that are objects or arrays have no distribution of their own: they are counted as JSON text would be lost. */
  #element(element: unknown, name: string, depth: number): RecordOutcome {
    if (element !== null && typeof element === "object") {
      if (depth >= this.#limits.depthMax)
        return this.#stop("too_complex", `nested deeper than ${this.#limits.depthMax} at "${name}[]"`);
      return Array.isArray(element)
        ? this.#each(element, name, depth + 1)
        : this.#each(Object.values(element), name, depth + 1);
    }
    return this.#scalar(element, `${name}[]`);
  }

  #each(elements: readonly unknown[], name: string, depth: number): RecordOutcome {
    for (const element of elements) {
      const outcome = this.#element(element, name, depth);
      if (outcome !== "ok") return outcome;
    }
    return "ok";
  }

  #field(name: string): RecordOutcome {
    if (this.#fieldCount >= this.#limits.fieldsMax)
      return this.#stop("too_complex", `more than ${this.#limits.fieldsMax} fields`);
    this.#shapes.field(name);
    this.#fieldCount++;
    return "ok";
  }

  #scalar(value: unknown, name: string): RecordOutcome {
    const record = this.#record;
    const i = record.valueCount;
    if (i >= VALUES_MAX) return this.#stop("too_complex", `more than ${VALUES_MAX} values`);
    record.fields[i] = this.#fieldCount - 1;
    record.valueCount = i + 1;
    switch (typeof value) {
      case "number":
        if (!(Math.abs(value) <= NUMBER_MAX)) return this.#stop("number_range", `"${name}" is ${value}`);
        record.types[i] = VALUE_NUMBER;
        record.numbers[i] = value;
        return "ok";
      case "string":
        record.types[i] = VALUE_STRING;
        record.strings[i] = value;
        return "ok";
      case "boolean":
        record.types[i] = VALUE_BOOLEAN;
        record.numbers[i] = value ? 1 : 0;
        return "ok";
      default:
        record.types[i] = VALUE_NULL;
        return "ok";
    }
  }

  #stop(outcome: RecordOutcome, detail: string): RecordOutcome {
    this.detail = detail;
    return outcome;
  }
}
