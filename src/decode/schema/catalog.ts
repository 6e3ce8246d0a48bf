/**
 * The schemas that this process knows, by id: found at once when a record is decoded, fetched between two batches
 * when one is missing. An id never changes its meaning, so what a record says does not depend on when it was fetched.
 */
import type { Clock } from "../../base/clock.ts";
import { errorText } from "../../base/errors.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import type { RegisteredSchema, SchemaFormat } from "./format.ts";

/** What is known of an id. `unknown`: the registry says that it has no such schema. `broken`: it can't be used. */
export type Entry<Compiled> =
  | { readonly is: "ready"; readonly compiled: Compiled }
  | { readonly is: "unknown"; readonly untilMs: number }
  | { readonly is: "broken"; readonly detail: string };

/** Where schemas come from. */
export interface SchemaOrigin {
  /** @returns undefined when there is no such schema. @throws {OperationalError} retryable, when it does not answer. */
  schema(id: number): Promise<RegisteredSchema | undefined>;
}

export interface CatalogOptions {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** How long an id must have been unknown before its records are dead-lettered, ms: followers of a registry lag. */
  readonly unknownAfterMs: number;
  /** Most ids kept; those fetched longest ago go first. @default 1,000 */
  readonly entriesMax?: number;
}

const ENTRIES_MAX = 1_000;
/** An id that was unknown is asked for again after so long: someone may have registered it. */
const UNKNOWN_KEPT_MS = 300_000;
/** Requests under way at once. */
const FETCHES_MAX = 8;

export class SchemaCatalog<Compiled> {
  readonly #format: SchemaFormat<Compiled>;
  readonly #origin: SchemaOrigin;
  readonly #options: CatalogOptions;
  readonly #entries = new Map<number, Entry<Compiled>>();
  /** Since when an id was not found. */
  readonly #missingSince = new Map<number, number>();
  readonly #fetching = new Map<number, Promise<void>>();

  constructor(format: SchemaFormat<Compiled>, origin: SchemaOrigin, options: CatalogOptions) {
    this.#format = format;
    this.#origin = origin;
    this.#options = options;
  }

  get format(): SchemaFormat<Compiled> {
    return this.#format;
  }

  /** True when records of the schema can be accounted for now. */
  knows(id: number): boolean {
    const entry = this.#entries.get(id);
    return entry !== undefined && !(entry.is === "unknown" && entry.untilMs <= this.#options.clock.nowMs());
  }

  get(id: number): Entry<Compiled> | undefined {
    return this.#entries.get(id);
  }

  /**
   * Asks once for each of the ids; those that the registry does not have count as known only after a while.
   * @throws {OperationalError} retryable, when the registry did not answer for one of them.
   */
  async fetch(ids: readonly number[]): Promise<void> {
    this.#forgetOldest(ids);
    for (let at = 0; at < ids.length; at += FETCHES_MAX)
      await Promise.all(ids.slice(at, at + FETCHES_MAX).map((id) => this.#fetchOnce(id)));
  }

  /** Partitions that need the same id share one request. */
  #fetchOnce(id: number): Promise<void> {
    let running = this.#fetching.get(id);
    if (running === undefined) {
      running = this.#fetch(id).finally(() => this.#fetching.delete(id));
      this.#fetching.set(id, running);
    }
    return running;
  }

  async #fetch(id: number): Promise<void> {
    const schema = await this.#origin.schema(id);
    if (schema === undefined) {
      this.#notFound(id);
      return;
    }
    this.#missingSince.delete(id);
    this.#entries.set(id, this.#compiled(schema));
    this.#options.telemetry
      .counter("decode_schemas_fetched_total", "Schemas that the registry gave, by id, once each")
      .inc();
  }

  #notFound(id: number): void {
    const nowMs = this.#options.clock.nowMs();
    const sinceMs = this.#missingSince.get(id) ?? nowMs;
    this.#missingSince.set(id, sinceMs);
    if (nowMs - sinceMs < this.#options.unknownAfterMs) return;
    this.#missingSince.delete(id);
    this.#entries.set(id, { is: "unknown", untilMs: nowMs + UNKNOWN_KEPT_MS });
    const message = "the registry has no such schema; its records are dead letters until it has";
    this.#options.telemetry.event("warn", "decode_schemas_unknown", message);
    this.#options.telemetry.log("warn", "which one", { schemaId: id });
  }

  #compiled(schema: RegisteredSchema): Entry<Compiled> {
    const { type } = this.#format;
    if (schema.type !== type)
      return {
        is: "broken",
        detail: `schema ${schema.id} is ${schema.type}, and the source's format ${type}`,
      };
    try {
      return { is: "ready", compiled: this.#format.compile(schema) };
    } catch (error) {
      return {
        is: "broken",
        detail: `schema ${schema.id} cannot be used: ${errorText(error).slice(0, 200)}`,
      };
    }
  }

  /** Only before a batch is prepared, never while it is folded: what it needs stays. */
  #forgetOldest(wanted: readonly number[]): void {
    const { entriesMax = ENTRIES_MAX } = this.#options;
    for (const id of this.#entries.keys()) {
      if (this.#entries.size + wanted.length <= entriesMax) return;
      this.#entries.delete(id);
    }
  }
}
