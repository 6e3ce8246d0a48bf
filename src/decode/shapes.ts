import type { RecordKind, RecordShape } from "./record.ts";

/** Most shapes kept; past it all are forgotten and learned again, so that random keys cannot fill the memory. */
export const SHAPES_MAX = 50_000;

interface Node {
  readonly next: Map<string, Node>;
  readonly names: readonly string[];
  shape: RecordShape | undefined;
}

/**
 * Interns the list of a record's field names, so that two records with the same fields carry the same
 * {@link RecordShape} object and what was worked out for one (its series) can be looked up for the other.
 * A trie: one map look-up a field, no joined key.
 */
export class ShapeRegistry {
  #roots = this.#emptyRoots();
  #nodeCount = 0;
  #nextId = 0;
  #cursor: Node = this.#roots.feature;

  #emptyRoots(): Record<RecordKind, Node> {
    const root = (): Node => ({ next: new Map(), names: [], shape: undefined });
    return { feature: root(), metric: root(), profile: root() };
  }

  begin(kind: RecordKind): void {
    if (this.#nodeCount > SHAPES_MAX) {
      this.#roots = this.#emptyRoots();
      this.#nodeCount = 0;
    }
    this.#cursor = this.#roots[kind];
  }

  /** Adds the next field's name. */
  field(name: string): void {
    let next = this.#cursor.next.get(name);
    if (next === undefined) {
      next = { next: new Map(), names: [...this.#cursor.names, name], shape: undefined };
      this.#cursor.next.set(name, next);
      this.#nodeCount++;
    }
    this.#cursor = next;
  }

  end(kind: RecordKind): RecordShape {
    this.#cursor.shape ??= { id: this.#nextId++, kind, names: this.#cursor.names };
    return this.#cursor.shape;
  }
}
