/**
 * Decodes JSON records by forms that it has learned: what lies between the values is compared with known bytes, the
 * values are read in place, and no object is made. Whatever it has not learned, or finds unusual, is left to the
 * decoder that parses (json.ts), whose answers it always equals: two records that agree in all bytes but those of their
 * scalar values parse to the same object but for those values.
 */
import type { Decoder, DecoderWork } from "../decoder.ts";
import { readEventTimeMs } from "../event-time.ts";
import { NUMBER_MAX } from "../flatten.ts";
import { DEFAULT_JSON_LIMITS, JsonDecoder, type JsonLimits } from "../json.ts";
import { asText, type Mapping } from "../mapping.ts";
import type { RecordOutcome } from "../outcome.ts";
import { type DecodedRecord, VALUE_BOOLEAN, VALUE_NULL, VALUE_NUMBER, VALUE_STRING } from "../record.ts";
import type { ShapeRegistry } from "../shapes.ts";
import { FavouriteForm } from "./favourite-form.ts";
import { type Ending, FormTree, type Stretch, UNCOUNTED_SLOT } from "./form-tree.ts";
import { NameText } from "./name-text.ts";
import { NO_NUMBER, readNumber } from "./number.ts";
import { Roles } from "./roles.ts";
import { scanRecord } from "./scan.ts";
import { ShortTexts } from "./short-texts.ts";
import { Texts } from "./texts.ts";
import { TimeTexts } from "./time.ts";

/** Most parsed records that pass without an attempt to learn from one. */
const PATIENCE_MAX = 256;
/** A form has paid when so many records were read by known forms since it was learned. */
const RECORDS_TO_PAY = 16;

const NOT_PLAIN = -1;

const QUOTE = 0x22;
const NINE = 0x39;
/** "true", "fals", "null" as little-endian words. */
const WORD_TRUE = 0x65757274;
const WORD_FALS = 0x736c6166;
const WORD_NULL = 0x6c6c756e;
const LOWER_E = 0x65;

export class ByteDecoder implements Decoder {
  readonly #parser: JsonDecoder;
  readonly #recordBytesMax: number;
  readonly #timeUnit: Mapping["timeUnit"];
  readonly #roles: Roles | undefined;
  readonly #forms: FormTree | undefined;
  readonly #texts = new Texts();
  readonly #times: TimeTexts;
  readonly #swimlane: NameText;
  readonly #source: NameText;
  /** Values of this record that are parts of names. */
  readonly #captured: (string | undefined)[];
  readonly #favourite: FavouriteForm;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #bytes: Buffer | undefined;
  /** Parsed records that pass between two attempts to learn, and how many still are to pass. */
  #patience = 0;
  #putOff = 0;
  #readWhenLearned = 0;
  detail = "";
  #recordsRead = 0;
  #recordsParsed = 0;

  /** @param favouredAfter records of one form in a row after which it is read by a function of its own. */
  constructor(
    mapping: Mapping,
    shapes: ShapeRegistry,
    limits: JsonLimits = DEFAULT_JSON_LIMITS,
    favouredAfter?: number,
  ) {
    this.#parser = new JsonDecoder(mapping, shapes, limits);
    this.#recordBytesMax = limits.recordBytesMax;
    this.#timeUnit = mapping.timeUnit;
    this.#roles = Roles.of(mapping);
    this.#forms = this.#roles && new FormTree(this.#roles, shapes);
    this.#times = new TimeTexts(mapping.timeUnit);
    this.#captured = new Array<string | undefined>(this.#roles?.captures.length ?? 0).fill(undefined);
    const texts = new ShortTexts(this.#texts);
    const parts = { texts, times: this.#times, timeUnit: mapping.timeUnit, captured: this.#captured };
    this.#favourite = new FavouriteForm(parts, favouredAfter);
    this.#swimlane = new NameText(this.#roles?.swimlane ?? [], this.#captured);
    this.#source = new NameText(this.#roles?.source ?? [], this.#captured);
  }

  get work(): DecoderWork {
    return {
      recordsRead: this.#recordsRead,
      recordsParsed: this.#recordsParsed,
      forms: this.#forms?.size ?? 0,
      formReaders: this.#favourite.readerCount,
      texts: this.#texts.size,
    };
  }

  decode(bytes: Buffer, start: number, end: number, record: DecodedRecord): RecordOutcome {
    if (start >= 0 && end - start <= this.#recordBytesMax && this.#readKnown(bytes, start, end, record)) {
      this.#recordsRead++;
      return "ok";
    }
    this.#recordsParsed++;
    const outcome = this.#parser.decode(bytes, start, end, record);
    if (outcome !== "ok") this.detail = this.#parser.detail;
    else if (record.flat && record.kind !== "profile") this.#learn(bytes, start, end);
    return outcome;
  }

  /** False, with the record half filled, when it has to be parsed. */
  #readKnown(bytes: Buffer, start: number, end: number, record: DecodedRecord): boolean {
    if (this.#forms?.first === undefined) return false;
    if (bytes !== this.#bytes) this.#lookAt(bytes);
    const ending =
      this.#favourite.read(bytes, this.#view, start, end, record) ??
      this.#readForm(bytes, start, end, record);
    if (ending === undefined) return false;
    return this.#finish(ending, record);
  }

  #lookAt(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Walks form and values alternately, as long as both are known. */
  #readForm(bytes: Buffer, start: number, end: number, record: DecodedRecord): Ending | undefined {
    let at = start;
    let stretch = this.#forms!.first;
    while (stretch !== undefined) {
      const valueAt: number = at + stretch.length;
      if (valueAt > end || !standsAt(this.#view, at, stretch)) {
        stretch = stretch.otherwise;
        continue;
      }
      if (valueAt === end) return this.#favourite.met(stretch.ending);
      const next = stretch.isNamed
        ? this.#readNamed(bytes, valueAt, end, stretch, record)
        : this.#readValue(bytes, valueAt, end, stretch.slot, record);
      // Nothing plain stands here. If it is an object, another way to go on may know it.
      if (next === NOT_PLAIN) stretch = stretch.otherwise;
      else {
        at = next;
        stretch = stretch.next;
      }
    }
    return undefined;
  }

  /** Reads a scalar value into `slot`. @returns where it ends, {@link NOT_PLAIN} when it has to be parsed. */
  #readValue(bytes: Buffer, at: number, end: number, slot: number, record: DecodedRecord): number {
    const first = bytes[at]!;
    if (first === QUOTE) {
      const text = this.#texts.read(bytes, at + 1, end);
      if (text === undefined) return NOT_PLAIN;
      record.types[slot] = VALUE_STRING;
      record.strings[slot] = text;
      return this.#texts.end;
    }
    if (first <= NINE) {
      const next = readNumber(this.#view, at, end, record.numbers, slot);
      if (next === NO_NUMBER || Math.abs(record.numbers[slot]!) > NUMBER_MAX) return NOT_PLAIN;
      record.types[slot] = VALUE_NUMBER;
      return next;
    }
    if (at + 4 > end) return NOT_PLAIN;
    const word = this.#view.getInt32(at, true);
    if (word === WORD_NULL) {
      record.types[slot] = VALUE_NULL;
      return at + 4;
    }
    const isTrue = word === WORD_TRUE;
    if (!isTrue && (word !== WORD_FALS || bytes[at + 4] !== LOWER_E)) return NOT_PLAIN;
    record.types[slot] = VALUE_BOOLEAN;
    record.numbers[slot] = isTrue ? 1 : 0;
    return isTrue ? at + 4 : at + 5;
  }

  /** Reads a value that is the time or part of a name, and perhaps a feature too. */
  #readNamed(bytes: Buffer, at: number, end: number, stretch: Stretch, record: DecodedRecord): number {
    const { slot, isTime, capture } = stretch;
    if (isTime && capture < 0 && slot === UNCOUNTED_SLOT && bytes[at] === QUOTE) {
      record.eventTimeMs = this.#times.read(bytes, at + 1, end);
      return Number.isNaN(record.eventTimeMs) ? NOT_PLAIN : this.#times.end;
    }
    const next = this.#readValue(bytes, at, end, slot, record);
    if (next === NOT_PLAIN) return NOT_PLAIN;
    const value = valueIn(record, slot);
    if (capture >= 0) this.#captured[capture] = asText(value);
    if (isTime) record.eventTimeMs = readEventTimeMs(value, this.#timeUnit);
    return isTime && Number.isNaN(record.eventTimeMs) ? NOT_PLAIN : next;
  }

  /** Sets what is said of the record as a whole. False when it has no swimlane. */
  #finish(ending: Ending, record: DecodedRecord): boolean {
    const swimlane = this.#swimlane.read();
    if (swimlane === undefined) return false;
    record.swimlane = swimlane;
    record.source = (ending.hasSource ? this.#source.read() : undefined) ?? "default";
    record.kind = ending.kind;
    record.shape = ending.shape;
    record.flat = true;
    record.valueCount = ending.shape.names.length;
    return true;
  }

  /** Learning has to pay: while it brings nothing, it is tried ever less often. */
  #learn(bytes: Buffer, start: number, end: number): void {
    if (this.#forms === undefined || this.#putOff-- > 0) return;
    const paid = this.#recordsRead - this.#readWhenLearned >= RECORDS_TO_PAY;
    const scanned = scanRecord(bytes, start, end);
    const learned = scanned !== undefined && this.#forms.add(bytes, scanned, end);
    this.#patience = learned && paid ? 0 : Math.min(PATIENCE_MAX, 2 * this.#patience + 1);
    this.#putOff = this.#patience;
    this.#readWhenLearned = this.#recordsRead;
  }
}

function standsAt(view: DataView, at: number, stretch: Stretch): boolean {
  const { words, length } = stretch;
  const last = words.length - 1;
  if (last < 0) {
    for (let i = 0; i < length; i++) if (view.getUint8(at + i) !== stretch.bytes[i]) return false;
    return true;
  }
  for (let i = 0; i < last; i++) if (view.getInt32(at + 4 * i, true) !== words[i]) return false;
  return view.getInt32(at + length - 4, true) === words[last];
}

function valueIn(record: DecodedRecord, slot: number): unknown {
  switch (record.types[slot]) {
    case VALUE_STRING:
      return record.strings[slot];
    case VALUE_NUMBER:
      return record.numbers[slot];
    case VALUE_BOOLEAN:
      return record.numbers[slot] !== 0;
    default:
      return null;
  }
}
