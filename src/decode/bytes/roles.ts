/** What a mapping wants of the value at a path: worked out once a form, not once a record. */
import { type Mapping, pointerKeys, type TextPart, textParts, usedKeys } from "../mapping.ts";

type Path = readonly string[];

/** What a value is for. One value may be a feature and a part of a name as well. */
export interface Role {
  readonly isTime: boolean;
  /** Which of the names' parts it is (see {@link Roles.swimlane}); −1 when none. */
  readonly capture: number;
  /** Name of the feature or metric; undefined when it is none. */
  readonly feature: string | undefined;
  readonly metric: string | undefined;
}

/** A swimlane's or source's name: constants, and values of the record by the number of their capture. */
export type NameParts = readonly (string | number)[];

export class Roles {
  readonly swimlane: NameParts;
  readonly source: NameParts;
  /** Paths that are captured, by number. */
  readonly captures: readonly Path[];
  readonly #time: Path;
  readonly #features: Path;
  readonly #metrics: Path;
  readonly #profiles: Path;
  readonly #used: ReadonlySet<string>;

  /** @returns undefined for a mapping that picks features or metrics one by one: its records are parsed. */
  static of(mapping: Mapping): Roles | undefined {
    const { features, metrics } = mapping;
    if (typeof features !== "string" || typeof metrics !== "string") return undefined;
    return new Roles(mapping, pointerKeys(features), pointerKeys(metrics));
  }

  private constructor(mapping: Mapping, features: Path, metrics: Path) {
    const captures: Path[] = [];
    this.swimlane = numberParts(textParts(mapping.swimlane), captures);
    this.source = numberParts(textParts(mapping.source), captures);
    this.captures = captures;
    this.#time = pointerKeys(mapping.time);
    this.#features = features;
    this.#metrics = metrics;
    this.#profiles = pointerKeys(mapping.profiles);
    this.#used = usedKeys(mapping);
  }

  of(path: Path): Role {
    return {
      isTime: isSame(path, this.#time),
      capture: this.captures.findIndex((captured) => isSame(captured, path)),
      feature: this.#nameWithin(this.#features, path),
      metric: this.#nameWithin(this.#metrics, path),
    };
  }

  /** An object where the mapping looks for profiles makes a profile record. */
  isProfiles(objectPath: Path): boolean {
    return isSame(objectPath, this.#profiles);
  }

  #nameWithin(holder: Path, path: Path): string | undefined {
    if (path.length <= holder.length || !isSame(path.slice(0, holder.length), holder)) return undefined;
    if (holder.length === 0 && this.#used.has(path[0]!)) return undefined;
    // As the flattener names it: an empty name at the top leaves no dot behind.
    return path
      .slice(holder.length)
      .reduce((prefix, name) => (prefix === "" ? name : `${prefix}.${name}`), "");
  }
}

/** Gives each path of `parts` the number that it has, or gets, among `captures`. */
function numberParts(parts: readonly TextPart[], captures: Path[]): NameParts {
  return parts.map((part) => {
    if (typeof part === "string") return part;
    const known = captures.findIndex((path) => isSame(path, part.path));
    return known >= 0 ? known : captures.push(part.path) - 1;
  });
}

function isSame(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}
