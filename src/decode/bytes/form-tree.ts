/**
 * The forms of records that are known, as a tree: records with the same beginning share it, so that an optional field
 * costs a branch and not a second form.
 */
import { type RecordKind, type RecordShape, VALUES_MAX } from "../record.ts";
import type { ShapeRegistry } from "../shapes.ts";
import type { Role, Roles } from "./roles.ts";
import type { ScannedRecord } from "./scan.ts";

/** Most stretches of form that are kept; past it all are forgotten and learned again. */
export const STRETCHES_MAX = 16_384;
/** Most ways in which a form may go on after one value. */
const BRANCHES_MAX = 16;

/** Where a value goes that is neither feature nor metric: no record of a known form has so many. */
export const UNCOUNTED_SLOT = VALUES_MAX - 1;

/** Bytes between two values, and what the value behind them is for. */
export interface Stretch {
  readonly length: number;
  /** The bytes as little-endian words of 4; the last word ends with the last byte, so it may overlap the one before. */
  readonly words: Int32Array;
  /** The bytes themselves, for stretches below 4. */
  readonly bytes: Uint8Array;
  /** Place of the value among the record's values. */
  readonly slot: number;
  /** True when the value is the time or part of a name. */
  readonly isNamed: boolean;
  readonly isTime: boolean;
  readonly capture: number;
  /** The ways in which it goes on behind the value. */
  next: Stretch | undefined;
  /** Another way to go on from the same place. */
  otherwise: Stretch | undefined;
  /** Set on the stretch that ends a record. */
  readonly ending: Ending | undefined;
}

/** What is known of a record once its whole form is. */
export interface Ending {
  readonly kind: RecordKind;
  readonly shape: RecordShape;
  /** True when all parts of the source's name are in the record. */
  readonly hasSource: boolean;
  /** The form: its stretches in order, this ending's own last. */
  readonly path: readonly Stretch[];
}

export class FormTree {
  first: Stretch | undefined;
  readonly #roles: Roles;
  readonly #shapes: ShapeRegistry;
  #stretchCount = 0;

  constructor(roles: Roles, shapes: ShapeRegistry) {
    this.#roles = roles;
    this.#shapes = shapes;
  }

  get size(): number {
    return this.#stretchCount;
  }

  /** @returns false when records of this form have to be parsed. */
  add(bytes: Buffer, scanned: ScannedRecord, end: number): boolean {
    const roles = scanned.values.map(({ path }) => this.#roles.of(path));
    const kind = kindOf(roles);
    if (kind === undefined || scanned.objects.some((path) => this.#roles.isProfiles(path))) return false;
    if (this.#stretchCount + roles.length >= STRETCHES_MAX) this.#forgetAll();
    let last: Stretch | undefined;
    const path: Stretch[] = [];
    let slot = 0;
    for (let i = 0; i < roles.length; i++) {
      const { formStart, formEnd } = scanned.values[i]!;
      const role = roles[i]!;
      const isCounted = role[kind] !== undefined;
      last = this.#follow(
        last,
        bytes.subarray(formStart, formEnd),
        isCounted ? slot++ : UNCOUNTED_SLOT,
        role,
        undefined,
      );
      if (last === undefined) return false;
      path.push(last);
    }
    const ending = { kind, shape: this.#shapeOf(kind, roles), hasSource: this.#hasSource(roles), path };
    const tail = bytes.subarray(scanned.tailStart, end);
    last = this.#follow(last, tail, UNCOUNTED_SLOT, NO_ROLE, ending);
    if (last === undefined) return false;
    path.push(last);
    return true;
  }

  /** The stretch of these bytes behind `last`, made when there is none; undefined when there are too many ways. */
  #follow(
    last: Stretch | undefined,
    bytes: Uint8Array,
    slot: number,
    role: Role,
    ending: Ending | undefined,
  ): Stretch | undefined {
    let branches = 0;
    let newest: Stretch | undefined;
    for (let known = last ? last.next : this.first; known; known = known.otherwise) {
      if ((known.ending === undefined) === (ending === undefined) && isSame(known.bytes, bytes)) return known;
      newest = known;
      branches++;
    }
    if (branches === BRANCHES_MAX) return undefined;
    const made = stretchOf(bytes, slot, role, ending);
    this.#stretchCount++;
    if (newest) newest.otherwise = made;
    else if (last) last.next = made;
    else this.first = made;
    return made;
  }

  #shapeOf(kind: "feature" | "metric", roles: readonly Role[]): RecordShape {
    this.#shapes.begin(kind);
    for (const role of roles) if (role[kind] !== undefined) this.#shapes.field(role[kind]);
    return this.#shapes.end(kind);
  }

  #hasSource(roles: readonly Role[]): boolean {
    return this.#roles.source.every(
      (part) => typeof part === "string" || roles.some(({ capture }) => capture === part),
    );
  }

  #forgetAll(): void {
    this.first = undefined;
    this.#stretchCount = 0;
  }
}

const NO_ROLE: Role = { isTime: false, capture: -1, feature: undefined, metric: undefined };

/** Undefined for a record of neither, and for one of both: there a value's place would depend on what comes later. */
function kindOf(roles: readonly Role[]): "feature" | "metric" | undefined {
  const hasFeature = roles.some(({ feature }) => feature !== undefined);
  const hasOnlyMetric = roles.some(({ feature, metric }) => feature === undefined && metric !== undefined);
  if (hasFeature === hasOnlyMetric) return undefined;
  return hasFeature ? "feature" : "metric";
}

function stretchOf(bytes: Uint8Array, slot: number, role: Role, ending: Ending | undefined): Stretch {
  const { isTime, capture } = role;
  return {
    length: bytes.length,
    words: wordsOf(bytes),
    bytes: Uint8Array.from(bytes),
    slot,
    isNamed: isTime || capture >= 0,
    isTime,
    capture,
    next: undefined,
    otherwise: undefined,
    ending,
  };
}

function wordsOf(bytes: Uint8Array): Int32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = bytes.length < 4 ? 0 : Math.ceil(bytes.length / 4);
  return Int32Array.from({ length: count }, (_, i) => view.getInt32(Math.min(4 * i, bytes.length - 4), true));
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
