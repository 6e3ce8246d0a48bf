/**
 * Messages as plain objects, as a producer of JSON would have written them: fields under their names in the text,
 * enums by name, whole numbers as the nearest double, bytes as base64. A field without presence has its default, a
 * field with presence that was not set is null; of a oneof only what was set is there.
 */
import protobuf from "protobufjs";

type Convert = (value: unknown) => unknown;

export class PlainMessages {
  readonly #msPerUnit: number;
  readonly #converters = new Map<protobuf.Type, Convert>();

  /** @param msPerUnit milliseconds in one unit of a time that is a number. */
  constructor(msPerUnit: number) {
    this.#msPerUnit = msPerUnit;
  }

  of(type: protobuf.Type, message: protobuf.Message): unknown {
    return this.#converterOf(type)(message);
  }

  #converterOf(type: protobuf.Type): Convert {
    let converter = this.#converters.get(type);
    if (converter === undefined) {
      converter = this.#wellKnown(type) ?? this.#fieldByField(type);
      this.#converters.set(type, converter);
    }
    return converter;
  }

  #fieldByField(type: protobuf.Type): Convert {
    // Made on first use: a message may contain itself.
    let fields: readonly (readonly [protobuf.Field, Convert])[] | undefined;
    return (value) => {
      fields ??= type.fieldsArray.map((field) => [field, this.#fieldConverter(field)] as const);
      const message = value as Readonly<Record<string, unknown>>;
      const plain: Record<string, unknown> = {};
      for (const [field, convert] of fields) {
        const { name } = field;
        if (Object.hasOwn(message, name)) plain[name] = convert(message[name]);
        else if (!isOfOneof(field)) plain[name] = unset(field, convert);
      }
      return plain;
    };
  }

  #fieldConverter(field: protobuf.Field): Convert {
    const one = this.#valueConverter(field);
    if (field instanceof protobuf.MapField) {
      const keyOf = LONGS.has(field.keyType) ? longKey : (key: string) => key;
      return (value) =>
        Object.fromEntries(
          Object.entries(value as Readonly<Record<string, unknown>>).map(([key, inner]) => [
            keyOf(key),
            one(inner),
          ]),
        );
    }
    return field.repeated ? (value) => (value as readonly unknown[]).map(one) : one;
  }

  #valueConverter({ resolvedType, type }: protobuf.Field): Convert {
    if (resolvedType instanceof protobuf.Type) return this.#converterOf(resolvedType);
    if (resolvedType instanceof protobuf.Enum)
      return (value) => resolvedType.valuesById[value as number] ?? String(value);
    if (LONGS.has(type)) return longNumber;
    if (type === "bytes") return (value) => Buffer.from(value as Uint8Array).toString("base64");
    return (value) => value;
  }

  /** Messages that Protobuf itself defines mean a value rather than an object. */
  #wellKnown(type: protobuf.Type): Convert | undefined {
    const name = type.fullName.slice(1);
    if (!name.startsWith("google.protobuf.")) return undefined;
    switch (name.slice("google.protobuf.".length)) {
      case "Timestamp":
        return (value) => secondsOf(value, 1_000) / this.#msPerUnit;
      case "Duration":
        return (value) => secondsOf(value, 1);
      case "Struct":
        return looseObject;
      case "Value":
        return looseValue;
      case "ListValue":
        return looseList;
      default:
        return /Value$/.test(name) ? this.#wrapped(type) : undefined;
    }
  }

  /** `DoubleValue`, `StringValue`, …: the value itself. */
  #wrapped(type: protobuf.Type): Convert | undefined {
    const field = type.fields["value"];
    if (field === undefined) return undefined;
    return (value) => {
      const inner = (value as Readonly<Record<string, unknown>>)["value"];
      return this.#fieldConverter(field)(inner ?? field.typeDefault);
    };
  }
}

const LONGS: ReadonlySet<string> = new Set(["int64", "uint64", "sint64", "fixed64", "sfixed64"]);

/** What a field is worth that the message does not have. */
function unset(field: protobuf.Field, convert: Convert): unknown {
  if (field.map) return {};
  if (field.repeated) return [];
  if (field.resolvedType instanceof protobuf.Type || field.hasPresence) return null;
  return convert(field.typeDefault);
}

/** True for a choice among several; `optional` in proto3 is a oneof of one, made up by the compiler. */
function isOfOneof(field: protobuf.Field): boolean {
  return field.partOf !== null && field.options?.["proto3_optional"] !== true;
}

function longNumber(value: unknown): number {
  return typeof value === "number" ? value : Number(String(value));
}

/** 64-bit keys of a map come as eight characters. */
function longKey(key: string): string {
  return key.length === 8 ? String(protobuf.util.longFromHash(key, false)) : key;
}

/** Of a message of seconds and nanoseconds. @param perSecond units of the answer in a second. */
function secondsOf(value: unknown, perSecond: number): number {
  const { seconds = 0, nanos = 0 } = value as { readonly seconds?: unknown; readonly nanos?: number };
  return longNumber(seconds) * perSecond + nanos / (1e9 / perSecond);
}

function looseObject(value: unknown): Record<string, unknown> {
  const { fields = {} } = value as { readonly fields?: Readonly<Record<string, unknown>> };
  return Object.fromEntries(Object.entries(fields).map(([key, inner]) => [key, looseValue(inner)]));
}

function looseList(value: unknown): unknown[] {
  const { values = [] } = value as { readonly values?: readonly unknown[] };
  return values.map(looseValue);
}

function looseValue(value: unknown): unknown {
  const own = value as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(own, "structValue")) return looseObject(own["structValue"]);
  if (Object.hasOwn(own, "listValue")) return looseList(own["listValue"]);
  for (const kind of ["numberValue", "stringValue", "boolValue"])
    if (Object.hasOwn(own, kind)) return own[kind];
  return null;
}
