/** How a source's records are decoded, from its configuration; and the wait for schemas that they need. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Clock } from "../../base/clock.ts";
import { errorText, OperationalError } from "../../base/errors.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import { AvroFormat } from "../../decode/avro/avro.ts";
import { ByteDecoder } from "../../decode/bytes/byte-decoder.ts";
import type { Decoder } from "../../decode/decoder.ts";
import type { Mapping } from "../../decode/mapping.ts";
import { ObjectReader } from "../../decode/object-record.ts";
import { ProtobufFormat } from "../../decode/protobuf/protobuf.ts";
import { SchemaCatalog } from "../../decode/schema/catalog.ts";
import type { SchemaFormat } from "../../decode/schema/format.ts";
import { RegistryClient } from "../../decode/schema/registry-client.ts";
import type { RegistryOptions } from "../../decode/schema/registry-options.ts";
import { FixedSchemaDecoder, RegistryDecoder } from "../../decode/schema/schema-decoder.ts";
import { ShapeRegistry } from "../../decode/shapes.ts";
import type { FormatFields } from "../config/format-fields.ts";
import type { Config } from "../config/schema.ts";
import { foldingShape } from "../lane-settings.ts";
import { SchemaWait } from "./schema-wait.ts";

export interface Decoding {
  readonly decoder: Decoder;
  /** Names the configuration that decides folding, the schema of a file included. */
  readonly shape: string;
  /** Fetches what a batch needs before it is folded; absent where nothing has to be fetched. */
  readonly schemas?: SchemaWait;
}

const JSON_FORMAT: FormatFields = {
  format: "json",
  registry: undefined,
  schemaFile: undefined,
  message: undefined,
};

/** @throws {OperationalError} when the file with the schema cannot be used. */
export function decodingOf(
  config: Config,
  sourceName: string,
  mapping: Mapping,
  surroundings: { readonly clock: Clock; readonly telemetry: Telemetry },
): Decoding {
  const { format, registry, schemaFile, message } = formatOf(config, sourceName);
  const shape = foldingShape(config, mapping);
  const { limits } = config;
  const shapes = new ShapeRegistry();
  if (format === "json") return { decoder: new ByteDecoder(mapping, shapes, limits), shape };
  const made: SchemaFormat<unknown> =
    format === "avro" ? new AvroFormat(mapping.timeUnit) : new ProtobufFormat(mapping.timeUnit, message);
  const reader = new ObjectReader(mapping, shapes, limits);
  if (registry !== undefined) {
    const catalog = catalogOf(made, registry, surroundings);
    const schemas = new SchemaWait(catalog, surroundings);
    return { decoder: new RegistryDecoder(catalog, reader, limits), shape: extended(shape, format), schemas };
  }
  const text = readSchema(schemaFile!);
  const decoder = new FixedSchemaDecoder(made, compiled(made, schemaFile!, text), reader, limits);
  return { decoder, shape: extended(shape, `${format}|${message ?? ""}|${text}`) };
}

function formatOf(config: Config, sourceName: string): FormatFields {
  const source = config.sources[sourceName];
  // A file's own `format` says how its rows are kept, and they come as JSON.
  return source?.type === "kafka" ? (source as unknown as FormatFields) : JSON_FORMAT;
}

function catalogOf(
  format: SchemaFormat<unknown>,
  registry: RegistryOptions,
  surroundings: { readonly clock: Clock; readonly telemetry: Telemetry },
): SchemaCatalog<unknown> {
  const options = { ...surroundings, unknownAfterMs: registry.unknownAfter };
  return new SchemaCatalog(format, new RegistryClient(registry), options);
}

/** The format decides folding too; JSON's name stays what it was before there were others. */
function extended(shape: string, more: string): string {
  return createHash("sha256").update(`${shape}|${more}`).digest("hex").slice(0, 12);
}

function readSchema(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw unusable(path, errorText(cause), cause);
  }
}

function compiled(format: SchemaFormat<unknown>, path: string, text: string): unknown {
  try {
    return format.compile({ text, references: [] });
  } catch (cause) {
    throw unusable(path, errorText(cause), cause);
  }
}

function unusable(path: string, why: string, cause: unknown): OperationalError {
  return new OperationalError(
    `The schema in "${path}", the source's schemaFile, cannot be used: ${why}. Nothing was read; mend the file or its path.`,
    { code: "DECODE_SCHEMA_FILE", retryable: false, context: { path }, cause },
  );
}
