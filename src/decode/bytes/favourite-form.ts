/** The form that most records have: it gets a reader of its own (form-reader.ts), which is tried before the tree. */
import type { DecodedRecord } from "../record.ts";
import { type FormReader, type FormReaderParts, makeFormReader } from "./form-reader.ts";
import type { Ending } from "./form-tree.ts";

/** Records of one form in a row, read by the tree, after which it is the favourite. */
const FAVOURED_AFTER = 16;
/** A favourite is kept while two of three records have its form, and some more at first. */
const TRUST_MAX = 64;
const MISS_COST = 2;
/** Most readers that one decoder keeps, some kilobytes of code each; past it all are let go and made again. */
export const FORM_READERS_MAX = 64;

export class FavouriteForm {
  readonly #parts: FormReaderParts;
  readonly #favouredAfter: number;
  /** Made readers; undefined for a form that none can be made for. */
  readonly #readers = new Map<Ending, FormReader | undefined>();
  #ending: Ending | undefined;
  #reader: FormReader | undefined;
  #trust = 0;
  #last: Ending | undefined;
  #rowLength = 0;

  constructor(parts: FormReaderParts, favouredAfter = FAVOURED_AFTER) {
    this.#parts = parts;
    this.#favouredAfter = favouredAfter;
  }

  get readerCount(): number {
    return this.#readers.size;
  }

  /** @returns undefined, with the record half filled, when it has another form or is to be read otherwise. */
  read(bytes: Buffer, view: DataView, start: number, end: number, record: DecodedRecord): Ending | undefined {
    if (this.#reader === undefined) return undefined;
    if (this.#reader(bytes, view, start, end, record)) {
      if (this.#trust < TRUST_MAX) this.#trust++;
      return this.#ending;
    }
    this.#trust -= MISS_COST;
    if (this.#trust < 0) this.#reader = undefined;
    return undefined;
  }

  /** Told of each record that the tree has read. @returns the same ending. */
  met(ending: Ending | undefined): Ending | undefined {
    if (ending !== this.#last) {
      this.#last = ending;
      this.#rowLength = 0;
    }
    if (ending !== undefined && ++this.#rowLength >= this.#favouredAfter) this.#choose(ending);
    return ending;
  }

  #choose(ending: Ending): void {
    this.#rowLength = 0;
    if (!this.#readers.has(ending)) {
      if (this.#readers.size === FORM_READERS_MAX) this.#readers.clear();
      this.#readers.set(ending, makeFormReader(ending.path, this.#parts));
    }
    this.#ending = ending;
    this.#reader = this.#readers.get(ending);
    this.#trust = TRUST_MAX / 2;
  }
}
