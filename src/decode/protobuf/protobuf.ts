/** Protobuf records, read by the `.proto` text that a Schema Registry hands out or a file has. */
import protobuf from "protobufjs";
import { MS_PER, type TimeUnit } from "../event-time.ts";
import type { RegisteredSchema, SchemaFormat } from "../schema/format.ts";
import { readMessageIndexes } from "./message-indexes.ts";
import { PlainMessages } from "./plain-message.ts";

/** A parsed schema: its messages in the order of the text, and the one that records without a frame are. */
export interface ProtobufSchema {
  readonly messages: readonly protobuf.Type[];
  readonly only: protobuf.Type;
  readonly plain: PlainMessages;
}

export class ProtobufFormat implements SchemaFormat<ProtobufSchema> {
  readonly type = "PROTOBUF";
  readonly #msPerUnit: number;
  readonly #message: string | undefined;

  /**
   * @param timeUnit unit of the numbers that timestamps become.
   * @param message full name of the message that records without a frame are; the first of the text by default.
   */
  constructor(timeUnit: TimeUnit, message?: string) {
    this.#msPerUnit = MS_PER[timeUnit];
    this.#message = message;
  }

  compile({ text, references }: Pick<RegisteredSchema, "text" | "references">): ProtobufSchema {
    const root = new protobuf.Root();
    // The text itself first: of several files with one package, its messages then come first in their order.
    const imports = new Set(parse(root, text, "the schema"));
    const own = messagesOf(root);
    for (const { name, text: referred } of references)
      for (const path of parse(root, referred, name)) imports.add(path);
    for (const path of imports) addWellKnown(root, path);
    root.resolveAll();
    const only = this.#message === undefined ? own[0] : root.lookupType(this.#message);
    if (only === undefined) throw new Error("there is no message in the schema");
    return { messages: own, only, plain: new PlainMessages(this.#msPerUnit) };
  }

  read(schema: ProtobufSchema, bytes: Buffer, start: number, end: number, framed: boolean): unknown {
    const reader = protobuf.Reader.create(bytes.subarray(start, end));
    const type = framed ? messageAt(schema, readMessageIndexes(reader)) : schema.only;
    return schema.plain.of(type, type.decode(reader));
  }
}

/** @returns the paths that the text imports. */
function parse(root: protobuf.Root, text: string, name: string): readonly string[] {
  try {
    const { imports = [], weakImports = [] } = protobuf.parse(text, root, { keepCase: true });
    return [...imports, ...weakImports];
  } catch (cause) {
    throw new Error(`${name} is not Protobuf text`, { cause });
  }
}

/** `google/protobuf/timestamp.proto` and the like, which no registry keeps. */
function addWellKnown(root: protobuf.Root, path: string): void {
  const known = protobuf.common.get(path);
  if (known?.nested !== undefined) root.addJSON(known.nested);
}

/** The top-level messages, in the order in which the text defines them. */
function messagesOf(namespace: protobuf.NamespaceBase): protobuf.Type[] {
  return namespace.nestedArray.flatMap((inner) => {
    if (inner instanceof protobuf.Type) return [inner];
    return inner instanceof protobuf.Namespace ? messagesOf(inner) : [];
  });
}

function messageAt({ messages }: ProtobufSchema, indexes: readonly number[]): protobuf.Type {
  let among = messages;
  let found: protobuf.Type | undefined;
  for (const index of indexes) {
    found = among[index];
    if (found === undefined) throw new Error(`the schema has no message ${indexes.join(".")}`);
    among = found.nestedArray.filter((inner) => inner instanceof protobuf.Type);
  }
  return found!;
}
