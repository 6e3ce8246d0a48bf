/** Opening a store to look back: what is not there is said, never made. */
import { existsSync } from "node:fs";
import { systemClock } from "../../base/clock.ts";
import { parseDurationMs } from "../../base/duration.ts";
import { OperationalError } from "../../base/errors.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import type { Store } from "../../store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../store/index.ts";
import type { Config } from "../config/schema.ts";

/**
 * @param file a DuckDB file instead of the configured store.
 * @throws {OperationalError} STORE_FILE_MISSING rather than making an empty one; STORE_LOCKED while a service runs.
 */
export async function openHistory(
  config: Config,
  file: string | undefined,
  telemetry: Telemetry,
): Promise<Store> {
  const options =
    file === undefined ? config.store : storeOptionsSchema.parse({ type: "duckdb", path: file });
  refuseMissingStore(options, "--store FILE, or ");
  const store = makeStore(options, { clock: systemClock, telemetry, environment: process.env });
  await store.open();
  return store;
}

/**
 * @param otherwise what else may be given than a configuration.
 * @throws {OperationalError} STORE_FILE_MISSING.
 */
export function refuseMissingStore(store: Config["store"], otherwise = ""): void {
  if (store.type !== "duckdb" || existsSync(store.path)) return;
  throw new OperationalError(
    `there is no store at ${store.path}: nothing was made. Give ${otherwise}the configuration of the service whose ` +
      "history you mean (--config).",
    { code: "STORE_FILE_MISSING", retryable: false, context: { path: store.path } },
  );
}

/** A time, or a length before the end of what is stored; everything when it is not said. NaN for what is neither. */
export function sinceOf(text: string | undefined, endMs: number): number {
  if (text === undefined) return Number.NEGATIVE_INFINITY;
  const lengthMs = parseDurationMs(text);
  return lengthMs === undefined ? Date.parse(text) : endMs - lengthMs;
}
