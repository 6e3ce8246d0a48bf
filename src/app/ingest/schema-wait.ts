/**
 * Between source and folding: every schema that a batch's records name is fetched before the first of them is
 * decoded. While the registry is away the partition waits, its membership kept, and nothing becomes a dead letter.
 */
import type { Clock } from "../../base/clock.ts";
import { errorText, OperationalError } from "../../base/errors.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import type { SchemaCatalog } from "../../decode/schema/catalog.ts";
import { schemaIdOf } from "../../decode/schema/wire-format.ts";
import type { BatchControl, RecordBatch } from "../../source/contract.ts";

const DELAY_MS_MIN = 100;
const DELAY_MS_MAX = 5_000;
/** Longest between two looks at whether the batch is still ours. */
const LOOK_MS = 500;

export class SchemaWait {
  readonly #catalog: SchemaCatalog<unknown>;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;

  constructor(
    catalog: SchemaCatalog<unknown>,
    surroundings: { readonly clock: Clock; readonly telemetry: Telemetry },
  ) {
    this.#catalog = catalog;
    this.#clock = surroundings.clock;
    this.#telemetry = surroundings.telemetry;
  }

  /** @returns false when the batch was given up meanwhile; it is to be read again. */
  async prepare(batch: RecordBatch, control: BatchControl): Promise<boolean> {
    for (let attempt = 0; ; attempt++) {
      const missing = this.#missing(batch);
      if (missing.length === 0) return true;
      if (control.isStale()) return false;
      await this.#fetch(missing);
      if (missing.every((id) => this.#catalog.knows(id))) continue;
      await this.#pause(Math.min(DELAY_MS_MAX, DELAY_MS_MIN * 2 ** Math.min(attempt, 10)), control);
    }
  }

  #missing(batch: RecordBatch): readonly number[] {
    const missing = new Set<number>();
    let lastId = -1;
    batch.forEach((_offset, _logTimeMs, bytes, start, end) => {
      const id = schemaIdOf(bytes, start, end);
      if (id < 0 || id === lastId) return;
      lastId = id;
      if (!this.#catalog.knows(id)) missing.add(id);
    });
    return [...missing];
  }

  async #fetch(ids: readonly number[]): Promise<void> {
    const away = this.#telemetry.gauge(
      "decode_registry_away",
      "1 while the Schema Registry does not answer and records wait for it",
    );
    try {
      await this.#catalog.fetch(ids);
      away.set(0);
    } catch (error) {
      if (!(error instanceof OperationalError && error.retryable)) throw error;
      away.set(1);
      this.#telemetry
        .counter("decode_registry_failures_total", "Questions that the Schema Registry did not answer")
        .inc();
      this.#telemetry.log("warn", "waiting for the Schema Registry", { error: errorText(error) });
    }
  }

  async #pause(delayMs: number, control: BatchControl): Promise<void> {
    for (let left = delayMs; left > 0 && !control.isStale(); left -= LOOK_MS) {
      await this.#clock.sleep(Math.min(left, LOOK_MS));
      await control.heartbeat();
    }
  }
}
