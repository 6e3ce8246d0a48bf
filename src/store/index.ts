/** The stores that a configuration can name, one line each. */
import type { z } from "zod";
import type { Clock } from "../base/clock.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { Store } from "./contract.ts";
import { DuckDbTables } from "./duckdb/duckdb-tables.ts";
import { duckDbOptionsSchema } from "./duckdb/options.ts";
import { questDbOptionsSchema } from "./questdb/options.ts";
import { QuestDbTables } from "./questdb/questdb-tables.ts";
import { TableStore } from "./table-store.ts";

/** What every store is given besides its own options. */
export interface StoreContext {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** A kind of store: what may be configured, and how one is made. It is to be opened before use. */
export interface StorePlugin<Schema extends z.ZodObject> {
  readonly options: Schema;
  readonly create: (options: z.output<Schema>, context: StoreContext) => Store;
}

export const STORES = {
  duckdb: plugin(
    duckDbOptionsSchema,
    (options, context) => new TableStore(new DuckDbTables(options, context)),
  ),
  questdb: plugin(
    questDbOptionsSchema,
    (options, context) => new TableStore(new QuestDbTables(options, context)),
  ),
} as const;

function plugin<Schema extends z.ZodObject>(
  options: Schema,
  create: StorePlugin<Schema>["create"],
): StorePlugin<Schema> {
  return { options, create };
}
