/**
 * Avro's types fit for records from anyone: plain values only, and a bound on what a corrupt count can cost. avsc
 * reads through each type's `_read`; those replaced here are held by avro.test.ts, and its version is pinned.
 */
import avro, { type Type } from "avsc";
import { VALUES_MAX } from "../record.ts";

/** avsc's reader over a buffer. */
interface Tap {
  pos: number;
  readLong(): number;
  readString(): string | undefined;
  skipLong(): void;
  /** Eight bytes, lowest first. */
  unpackLongBytes(): Buffer;
  isValid(): boolean;
}

interface Readable extends Type {
  _read(tap: Tap): unknown;
}

type Base<Extra> = new (schema?: unknown, options?: unknown) => Readable & Extra;

const ArrayBase = avro.types.ArrayType as unknown as Base<{ readonly itemsType: Readable }>;
const MapBase = avro.types.MapType as unknown as Base<{ readonly valuesType: Readable }>;
const UnionBase = avro.types.WrappedUnionType as unknown as Base<{ readonly types: readonly Readable[] }>;
const LongBase = avro.types.LongType as unknown as Base<object>;
const BytesBase = avro.types.BytesType as unknown as Base<object>;
const FixedBase = avro.types.FixedType as unknown as Base<object>;

/** Beyond it avsc's number of a long, which is zigzag, may have lost its sign. */
const LONG_SAFE = 2 ** 51;

/** For avsc's `typeHook`: makes the types below in the place of its own. One for each schema that is compiled. */
export function plainTypes(logicalTypes: Readonly<Record<string, unknown>>) {
  // A logical type asks for its underlying type by the same schema: the second time it is not the logical one.
  const asked = new WeakSet<object>();
  return (schema: unknown, options: object): Type | undefined => {
    if (Array.isArray(schema)) {
      const branches = schema.map((branch) => avro.Type.forSchema(branch as avro.Schema, options));
      return new PlainUnion(branches, options);
    }
    const { type, logicalType } = described(schema);
    const isLogical = logicalType !== undefined && Object.hasOwn(logicalTypes, logicalType);
    if (isLogical && !asked.has(schema as object)) {
      asked.add(schema as object);
      return undefined;
    }
    return plainType(type, schema, options, isLogical);
  };
}

function described(schema: unknown): { readonly type?: unknown; readonly logicalType?: string } {
  return typeof schema === "string" ? { type: schema } : (schema as { readonly type?: unknown });
}

function plainType(type: unknown, schema: unknown, options: object, isLogical: boolean): Type | undefined {
  switch (type) {
    case "array":
      return new PlainArray(schema, options);
    case "map":
      return new PlainMap(schema, options);
    case "long":
      return new PlainLong();
    // What a logical type makes of bytes is its own matter.
    case "bytes":
      return isLogical ? undefined : new PlainBytes();
    case "fixed":
      return isLogical ? undefined : new PlainFixed(schema, options);
    default:
      return undefined;
  }
}

/** The value of the branch, without a wrapper that names it. */
class PlainUnion extends UnionBase {
  override _read(tap: Tap): unknown {
    const branch = this.types[tap.readLong()];
    if (branch === undefined) throw new Error("a union has no such branch");
    return branch._read(tap);
  }
}

class PlainArray extends ArrayBase {
  override _read(tap: Tap): unknown[] {
    const items = this.itemsType;
    const values: unknown[] = [];
    readBlocks(tap, () => values.push(items._read(tap)));
    return values;
  }
}

class PlainMap extends MapBase {
  override _read(tap: Tap): Record<string, unknown> {
    const values = this.valuesType;
    const entries: [string, unknown][] = [];
    readBlocks(tap, () => entries.push([tap.readString() ?? "", values._read(tap)]));
    return Object.fromEntries(entries);
  }
}

/** Items come in blocks with their count in front; one that says a billion must not be believed. */
function readBlocks(tap: Tap, readOne: () => void): void {
  let total = 0;
  for (let count = tap.readLong(); count !== 0; count = tap.readLong()) {
    if (count < 0) {
      count = -count;
      tap.skipLong();
    }
    total += count;
    if (total > VALUES_MAX) throw new Error(`more than ${VALUES_MAX} elements`);
    for (let i = 0; i < count; i++) {
      readOne();
      if (!tap.isValid()) throw new Error("truncated");
    }
  }
}

/** The nearest double, as JSON would have it, where avsc refuses a long beyond 2^53. */
class PlainLong extends LongBase {
  override _read(tap: Tap): number {
    const start = tap.pos;
    const value = tap.readLong();
    if (Math.abs(value) < LONG_SAFE) return value;
    tap.pos = start;
    return Number(tap.unpackLongBytes().readBigInt64LE(0));
  }
}

/** Bytes become base64, as from Parquet. */
class PlainBytes extends BytesBase {
  override _read(tap: Tap): unknown {
    return base64(super._read(tap));
  }
}

class PlainFixed extends FixedBase {
  override _read(tap: Tap): unknown {
    return base64(super._read(tap));
  }
}

function base64(bytes: unknown): unknown {
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString("base64") : bytes;
}
