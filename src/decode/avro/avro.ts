/** Avro records, read by the schema that they were written with: so a schema may evolve as it likes. */
import avro, { type Type } from "avsc";
import { MS_PER, type TimeUnit } from "../event-time.ts";
import type { RegisteredSchema, SchemaFormat } from "../schema/format.ts";
import { logicalTypes } from "./logical-types.ts";
import { plainTypes } from "./plain-types.ts";

export class AvroFormat implements SchemaFormat<Type> {
  readonly type = "AVRO";
  readonly #logicalTypes;

  /** @param timeUnit unit of the numbers that timestamps become. */
  constructor(timeUnit: TimeUnit) {
    this.#logicalTypes = logicalTypes(MS_PER[timeUnit]);
  }

  compile({ text, references }: Pick<RegisteredSchema, "text" | "references">): Type {
    const typeHook = plainTypes(this.#logicalTypes) as unknown as (schema: avro.Schema) => Type | undefined;
    const options = { registry: {}, logicalTypes: this.#logicalTypes, typeHook };
    for (const reference of references) avro.Type.forSchema(schemaOf(reference.text), options);
    return avro.Type.forSchema(schemaOf(text), options);
  }

  read(type: Type, bytes: Buffer, start: number, end: number): unknown {
    return type.fromBuffer(bytes.subarray(start, end));
  }
}

/** A registry keeps a bare name such as `"string"` without its quotes at times. */
function schemaOf(text: string): avro.Schema {
  return (/^\s*["[{]/.test(text) ? JSON.parse(text) : text.trim()) as avro.Schema;
}
