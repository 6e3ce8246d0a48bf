/** How a source's records are written: the fields that every source of a log may have. */
import { z } from "zod";
import { registryOptionsSchema } from "../../decode/schema/registry-options.ts";

export const formatFields = {
  format: z.enum(["json", "avro", "protobuf"]).default("json").describe("How records are written."),
  registry: registryOptionsSchema
    .optional()
    .describe("Schema Registry of Avro and Protobuf records that carry a schema's id in front."),
  schemaFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      "File with the one schema (.avsc, .proto) of records that carry no id, in the registry's place.",
    ),
  message: z
    .string()
    .min(1)
    .optional()
    .describe("Full name of the message in a .proto file; its first one by default."),
};

export type FormatFields = { readonly [K in keyof typeof formatFields]: z.output<(typeof formatFields)[K]> };

/** What is wrong with the combination, by the field that it is about. */
export function formatProblem(
  fields: FormatFields,
): { readonly field: string; readonly problem: string } | undefined {
  const { format, registry, schemaFile, message } = fields;
  if (format === "json") {
    const odd = registry ? "registry" : schemaFile ? "schemaFile" : message ? "message" : undefined;
    return (
      odd && {
        field: odd,
        problem: "JSON has no schema to look up; set format to avro or protobuf, or leave it out",
      }
    );
  }
  if ((registry === undefined) === (schemaFile === undefined))
    return { field: "registry", problem: `format ${format} needs either a registry or a schemaFile` };
  if (message !== undefined && (format !== "protobuf" || schemaFile === undefined))
    return {
      field: "message",
      problem: "it names a message of a .proto file: it goes with protobuf and schemaFile",
    };
  return undefined;
}
