/** Decodes JSON records under a mapping: the path that is right for every record, whatever its shape. */
import type { Decoder } from "./decoder.ts";
import type { FlattenLimits } from "./flatten.ts";
import type { Mapping } from "./mapping.ts";
import { ObjectReader } from "./object-record.ts";
import type { RecordOutcome } from "./outcome.ts";
import type { DecodedRecord } from "./record.ts";
import type { ShapeRegistry } from "./shapes.ts";

export interface JsonLimits extends FlattenLimits {
  /** Largest record in bytes. */
  readonly recordBytesMax: number;
}

export const DEFAULT_JSON_LIMITS: JsonLimits = { recordBytesMax: 1_048_576, depthMax: 32, fieldsMax: 4_096 };

export class JsonDecoder implements Decoder {
  readonly #limits: JsonLimits;
  readonly #reader: ObjectReader;
  detail = "";

  constructor(mapping: Mapping, shapes: ShapeRegistry, limits: JsonLimits = DEFAULT_JSON_LIMITS) {
    this.#limits = limits;
    this.#reader = new ObjectReader(mapping, shapes, limits);
  }

  decode(bytes: Buffer, start: number, end: number, record: DecodedRecord): RecordOutcome {
    if (start < 0) return this.#stop("empty", "the record has no value");
    if (end - start > this.#limits.recordBytesMax) {
      return this.#stop("too_large", `${end - start} bytes, more than ${this.#limits.recordBytesMax}`);
    }
    const text = bytes.toString("utf8", start, end);
    try {
      const outcome = this.#reader.read(JSON.parse(text) as unknown, record);
      if (outcome !== "ok") this.detail = this.#reader.detail;
      return outcome;
    } catch (error) {
      return this.#unparsable(text, error);
    }
  }

  /** JSON has no NaN, but Python's json module writes it: that is a number out of range, and worth saying so. */
  #unparsable(text: string, error: unknown): RecordOutcome {
    const bare = /[:,[]\s*(-?(?:NaN|Infinity))\b/.exec(text);
    if (bare !== null)
      return this.#stop("number_range", `${bare[1]} is not JSON; send null for a missing number`);
    return this.#stop("undecodable", error instanceof Error ? error.message.slice(0, 200) : "not JSON");
  }

  #stop(outcome: RecordOutcome, detail: string): RecordOutcome {
    this.detail = detail;
    return outcome;
  }
}
