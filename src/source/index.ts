/** The sources that a configuration can name, one line each. */
import type { z } from "zod";
import type { SourceContext } from "./context.ts";
import type { RecordSource } from "./contract.ts";
import { FileSource } from "./file/file-source.ts";
import { fileOptionsSchema } from "./file/options.ts";
import { createKafkaSource } from "./kafka/kafka-source.ts";
import { kafkaOptionsSchema } from "./kafka/options.ts";
import { syntheticOptionsSchema } from "./synthetic/options.ts";
import { SyntheticSource } from "./synthetic/synthetic-source.ts";

export interface SourcePlugin<Schema extends z.ZodObject> {
  readonly options: Schema;
  /** @param name given by the configuration. */
  readonly create: (name: string, options: z.output<Schema>, context: SourceContext) => RecordSource;
}

export const SOURCES = {
  kafka: plugin(kafkaOptionsSchema, (name, options, context) => createKafkaSource(name, options, context)),
  file: plugin(fileOptionsSchema, (name, options, context) => new FileSource(name, options, context)),
  synthetic: plugin(
    syntheticOptionsSchema,
    (name, options, context) => new SyntheticSource(name, options, context),
  ),
} as const;

function plugin<Schema extends z.ZodObject>(
  options: Schema,
  create: SourcePlugin<Schema>["create"],
): SourcePlugin<Schema> {
  return { options, create };
}
