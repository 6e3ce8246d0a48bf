/** The stores. To add one: a folder that implements `Tables` (tables.ts), and a line in each list below. */
import { z } from "zod";
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
  /** Not read: the configuration has put secrets in the place of `${NAME}` already. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** The `store:` section of a configuration: one of these, told apart by `type`. */
export const storeOptionsSchema = z.discriminatedUnion("type", [duckDbOptionsSchema, questDbOptionsSchema]);

export type StoreOptions = z.output<typeof storeOptionsSchema>;

/** The store that the options describe. `open` it before use. */
export function makeStore(options: StoreOptions, context: StoreContext): Store {
  switch (options.type) {
    case "duckdb":
      return new TableStore(new DuckDbTables(options, context));
    case "questdb":
      return new TableStore(new QuestDbTables(options, context));
  }
}
