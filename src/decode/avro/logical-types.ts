/**
 * What Avro's logical types mean as plain values: times are numbers in the mapping's unit since 1970, dates too;
 * decimals are the nearest double; a time of day is milliseconds. A logical type that is not listed here is its
 * underlying type.
 */
import avro from "avsc";

const DAY_MS = 86_400_000;

type LogicalClass = typeof avro.types.LogicalType;

/** @param msPerUnit milliseconds in one unit of a time that is a number. */
export function logicalTypes(msPerUnit: number): Readonly<Record<string, LogicalClass>> {
  const instant = (perMs: number) => numeric((value) => value / perMs / msPerUnit);
  return {
    "timestamp-millis": instant(1),
    "timestamp-micros": instant(1_000),
    "timestamp-nanos": instant(1_000_000),
    "local-timestamp-millis": instant(1),
    "local-timestamp-micros": instant(1_000),
    "local-timestamp-nanos": instant(1_000_000),
    date: numeric((days) => (days * DAY_MS) / msPerUnit),
    "time-micros": numeric((micros) => micros / 1_000),
    decimal: Decimal as LogicalClass,
  };
}

function numeric(convert: (value: number) => number): LogicalClass {
  return class extends avro.types.LogicalType {
    constructor(schema: avro.Schema, options?: unknown) {
      super(schema, options);
      const { typeName } = this.underlyingType;
      // avsc then takes the underlying type, as the specification asks for.
      if (typeName !== "int" && typeName !== "long") throw new Error(`not a number of time: ${typeName}`);
    }

    protected override _fromValue(value: number): number {
      return convert(value);
    }
  } as LogicalClass;
}

class Decimal extends avro.types.LogicalType {
  readonly #scale: number;

  constructor(schema: { readonly scale?: number }, options?: unknown) {
    super(schema as avro.Schema, options);
    this.#scale = schema.scale ?? 0;
  }

  /** Exact where a double can be: the digits and their scale are read as one number. */
  protected override _fromValue(value: Uint8Array): number {
    return Number(`${unscaled(value)}e-${this.#scale}`);
  }
}

/** Big-endian two's complement. */
function unscaled(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString("hex")}`));
}
