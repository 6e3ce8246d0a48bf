import type { Telemetry } from "../base/telemetry.ts";
import type { Decoder } from "./decoder.ts";

/** Exports how many records were read in place and how many had to be parsed: four times the work, or more. */
export class DecoderWorkMetric {
  readonly #decoder: Decoder;
  readonly #telemetry: Telemetry;
  #read = 0;
  #parsed = 0;

  constructor(decoder: Decoder, telemetry: Telemetry) {
    this.#decoder = decoder;
    this.#telemetry = telemetry;
  }

  /** To be called now and then, say once a batch: counting each record would cost as much as reading it. */
  observe(): void {
    const { work } = this.#decoder;
    if (work === undefined) return;
    const { recordsRead, recordsParsed, forms, formReaders, texts } = work;
    const records = this.#telemetry.counter(
      "decode_records_total",
      "Records decoded, by way: read in place by a known form, or parsed",
      ["way"],
    );
    records.inc({ way: "read" }, recordsRead - this.#read);
    records.inc({ way: "parsed" }, recordsParsed - this.#parsed);
    this.#read = recordsRead;
    this.#parsed = recordsParsed;
    this.#telemetry.gauge("decode_forms_known", "Stretches of record form that decoding knows").set(forms);
    this.#telemetry
      .gauge("decode_form_readers", "Record forms that are read by a function of their own")
      .set(formReaders);
    this.#telemetry.gauge("decode_texts_known", "Strings that decoding knows").set(texts);
  }
}
