/** What a format with schemas must be able to do: make something of a schema, and read a record by it. */

/** A schema as a registry keeps it. */
export interface RegisteredSchema {
  readonly id: number;
  /** As the registry spells it; it leaves out AVRO. */
  readonly type: string;
  readonly text: string;
  /** All that it refers to, however deep, each before what refers to it. */
  readonly references: readonly { readonly name: string; readonly text: string }[];
}

export interface SchemaFormat<Compiled> {
  /** As a registry spells it. */
  readonly type: "AVRO" | "PROTOBUF";
  /** @throws {Error} when it is no schema of this format. */
  compile(schema: Pick<RegisteredSchema, "text" | "references">): Compiled;
  /**
   * @param framed true when the frame of a registry stood before `start`.
   * @returns an object of plain values: numbers, texts, booleans, null, arrays, objects.
   * @throws {Error} when the bytes are not what the schema says.
   */
  read(compiled: Compiled, bytes: Buffer, start: number, end: number, framed: boolean): unknown;
}
