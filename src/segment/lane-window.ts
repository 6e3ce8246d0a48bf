import type { DecodedRecord, RecordShape } from "../decode/record.ts";
import { VALUE_BOOLEAN, VALUE_NULL, VALUE_NUMBER } from "../decode/record.ts";
import type { ProfileArena } from "../sketch/arena.ts";
import type { Profile } from "../sketch/profile.ts";
import type { ProfileKind } from "./manifest.ts";

/** One open series: a feature or a metric of a lane's window. */
export interface OpenSeries {
  readonly kind: ProfileKind;
  /** Handle in the arena. */
  readonly handle: number;
  /** Profiles that came whole, in profile records, to be merged in when the segment is cut. */
  readonly made: Profile[];
}

/** Where the values of records with the same fields go. */
interface ShapeFold {
  readonly handles: Int32Array;
  /** Records without arrays since the counts of records were last settled: counted once here, not once for each value. */
  recordCount: number;
}

/** The open profiles of one (window, swimlane, source) within an open segment. */
export class LaneWindow {
  readonly windowStartMs: number;
  readonly windowSizeMs: number;
  readonly swimlane: string;
  readonly source: string;
  readonly series = new Map<string, OpenSeries>();
  recordCount = 0;
  readonly #arena: ProfileArena;
  readonly #seedOf: (feature: string) => number;
  readonly #folds = new Map<RecordShape, ShapeFold>();
  #lastShape: RecordShape | undefined;
  #lastFold: ShapeFold = { handles: new Int32Array(0), recordCount: 0 };

  constructor(
    key: {
      readonly windowStartMs: number;
      readonly windowSizeMs: number;
      readonly swimlane: string;
      readonly source: string;
    },
    arena: ProfileArena,
    seedOf: (feature: string) => number,
  ) {
    this.windowStartMs = key.windowStartMs;
    this.windowSizeMs = key.windowSizeMs;
    this.swimlane = key.swimlane;
    this.source = key.source;
    this.#arena = arena;
    this.#seedOf = seedOf;
  }

  /** Folds the values of one record. */
  fold(record: DecodedRecord): void {
    this.recordCount++;
    const fold = record.shape === this.#lastShape ? this.#lastFold : this.#foldOf(record.shape);
    if (record.flat) {
      fold.recordCount++;
      this.#foldFlat(record, fold.handles);
    } else this.#foldArrays(record, fold.handles);
  }

  /** Tells the series how many records they were in. To be called before they are sealed. */
  settle(): void {
    for (const fold of this.#folds.values()) {
      for (const handle of fold.handles) this.#arena.addPresent(handle, fold.recordCount);
      fold.recordCount = 0;
    }
  }

  openSeries(feature: string, kind: ProfileKind): OpenSeries {
    let series = this.series.get(feature);
    if (series === undefined) {
      series = { kind, handle: this.#arena.open(this.#seedOf(feature)), made: [] };
      this.series.set(feature, series);
    }
    return series;
  }

  #foldOf(shape: RecordShape): ShapeFold {
    let fold = this.#folds.get(shape);
    if (fold === undefined) {
      const kind = shape.kind === "metric" ? "metric" : "feature";
      const handles = Int32Array.from(shape.names, (name) => this.openSeries(name, kind).handle);
      fold = { handles, recordCount: 0 };
      this.#folds.set(shape, fold);
    }
    this.#lastShape = shape;
    this.#lastFold = fold;
    return fold;
  }

  #foldFlat(record: DecodedRecord, handles: Int32Array): void {
    const { types, numbers, strings, valueCount } = record;
    const arena = this.#arena;
    for (let i = 0; i < valueCount; i++) {
      const type = types[i]!;
      const handle = handles[i]!;
      if (type === VALUE_NUMBER) arena.addElementNumber(handle, numbers[i]!);
      else if (type === VALUE_NULL) arena.addNullValue(handle);
      else if (type === VALUE_BOOLEAN) arena.addElementBoolean(handle, numbers[i]! !== 0);
      else arena.addElementString(handle, strings[i]!);
    }
  }

  /** Elements of one array belong to one field: the first raises the count of records that had it, the rest do not. */
  #foldArrays(record: DecodedRecord, handles: Int32Array): void {
    const { types, numbers, strings, fields, valueCount } = record;
    const arena = this.#arena;
    let lastField = -1;
    for (let i = 0; i < valueCount; i++) {
      const field = fields[i]!;
      const handle = handles[field]!;
      const type = types[i]!;
      if (field !== lastField) arena.addPresent(handle);
      lastField = field;
      if (type === VALUE_NULL) arena.addElementNull(handle);
      else if (type === VALUE_NUMBER) arena.addElementNumber(handle, numbers[i]!);
      else if (type === VALUE_BOOLEAN) arena.addElementBoolean(handle, numbers[i]! !== 0);
      else arena.addElementString(handle, strings[i]!);
    }
  }
}
