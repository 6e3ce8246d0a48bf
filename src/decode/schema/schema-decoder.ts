/** Decodes records that are written by a schema, which a registry keeps (the frame names it) or a file has. */
import { invariant } from "../../base/errors.ts";
import type { Decoder } from "../decoder.ts";
import type { JsonLimits } from "../json.ts";
import type { ObjectReader } from "../object-record.ts";
import type { RecordOutcome } from "../outcome.ts";
import type { DecodedRecord } from "../record.ts";
import type { SchemaCatalog } from "./catalog.ts";
import type { SchemaFormat } from "./format.ts";
import { HEADER_BYTES, schemaIdOf } from "./wire-format.ts";

abstract class ObjectDecoder<Compiled> implements Decoder {
  protected readonly format: SchemaFormat<Compiled>;
  readonly #reader: ObjectReader;
  readonly #bytesMax: number;
  detail = "";

  constructor(
    format: SchemaFormat<Compiled>,
    reader: ObjectReader,
    limits: Pick<JsonLimits, "recordBytesMax">,
  ) {
    this.format = format;
    this.#reader = reader;
    this.#bytesMax = limits.recordBytesMax;
  }

  decode(bytes: Buffer, start: number, end: number, record: DecodedRecord): RecordOutcome {
    if (start < 0) return this.stop("empty", "the record has no value");
    if (end - start > this.#bytesMax)
      return this.stop("too_large", `${end - start} bytes, more than ${this.#bytesMax}`);
    return this.decodeValue(bytes, start, end, record);
  }

  protected abstract decodeValue(
    bytes: Buffer,
    start: number,
    end: number,
    record: DecodedRecord,
  ): RecordOutcome;

  protected readBy(
    compiled: Compiled,
    place: { readonly bytes: Buffer; readonly start: number; readonly end: number; readonly framed: boolean },
    record: DecodedRecord,
  ): RecordOutcome {
    let value: unknown;
    try {
      value = this.format.read(compiled, place.bytes, place.start, place.end, place.framed);
    } catch (error) {
      const why = error instanceof Error ? error.message.slice(0, 200) : "no reason given";
      return this.stop("undecodable", `not what its schema says: ${why}`);
    }
    const outcome = this.#reader.read(value, record);
    if (outcome !== "ok") this.detail = this.#reader.detail;
    return outcome;
  }

  protected stop(outcome: RecordOutcome, detail: string): RecordOutcome {
    this.detail = detail;
    return outcome;
  }
}

/** Records in a registry's frame. The schemas must be in the catalogue before a record is decoded. */
export class RegistryDecoder<Compiled> extends ObjectDecoder<Compiled> {
  readonly #catalog: SchemaCatalog<Compiled>;

  constructor(
    catalog: SchemaCatalog<Compiled>,
    reader: ObjectReader,
    limits: Pick<JsonLimits, "recordBytesMax">,
  ) {
    super(catalog.format, reader, limits);
    this.#catalog = catalog;
  }

  protected decodeValue(bytes: Buffer, start: number, end: number, record: DecodedRecord): RecordOutcome {
    const id = schemaIdOf(bytes, start, end);
    if (id < 0) return this.stop("undecodable", "no schema id in front: not written with a Schema Registry");
    const entry = this.#catalog.get(id);
    invariant(entry !== undefined, `schema ${id} was to be fetched before its records are decoded`);
    switch (entry.is) {
      case "ready":
        return this.readBy(entry.compiled, { bytes, start: start + HEADER_BYTES, end, framed: true }, record);
      case "unknown":
        return this.stop("unknown_schema", `the registry has no schema ${id}`);
      case "broken":
        return this.stop("undecodable", entry.detail);
    }
  }
}

/** Records without a frame, all by the one schema of a file. */
export class FixedSchemaDecoder<Compiled> extends ObjectDecoder<Compiled> {
  readonly #compiled: Compiled;

  constructor(
    format: SchemaFormat<Compiled>,
    compiled: Compiled,
    reader: ObjectReader,
    limits: Pick<JsonLimits, "recordBytesMax">,
  ) {
    super(format, reader, limits);
    this.#compiled = compiled;
  }

  protected decodeValue(bytes: Buffer, start: number, end: number, record: DecodedRecord): RecordOutcome {
    return this.readBy(this.#compiled, { bytes, start, end, framed: false }, record);
  }
}
