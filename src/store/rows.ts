/**
 * How each kind of row lies in its table: rows ↔ cells in the order of the table's columns. Both stores share it, so
 * they cannot differ in what a row means; each turns cells into its own types.
 *
 * Policy for what SQL cannot hold alike everywhere: NaN is NULL in the table and NaN again when read; an infinite
 * number is kept as the largest finite one of its sign (a p-value of 0 stays overwhelming evidence); an empty text
 * or list is NULL in the table and empty again when read; -0 stays -0.
 */
import { OUTCOMES, zeroOutcomes } from "../decode/outcome.ts";
import type { Manifest } from "../segment/manifest.ts";
import { type ColumnValue, decodeProfile, encodeProfile } from "../sketch/codec.ts";
import type { Profile } from "../sketch/profile.ts";
import type {
  BaselineProfileRow,
  BaselineRow,
  FeedbackRow,
  IncidentRow,
  NotificationRow,
  ProfileRow,
  SegmentRecords,
  StateRow,
  VerdictRow,
  WindowRow,
} from "./contract.ts";
import { InvalidRowError } from "./errors.ts";
import {
  BASELINE_PROFILES,
  BASELINES,
  type Column,
  FEEDBACK,
  INCIDENTS,
  NOTIFICATIONS,
  PROFILES,
  SEGMENT_WINDOWS,
  SEGMENTS,
  STATES,
  type Table,
  VERDICTS,
  WINDOWS,
} from "./schema.ts";
import type { SegmentWindowRow } from "./segment-windows.ts";
import { fromStoredText, toStoredText } from "./stored-text.ts";

/** One value of a row: a time is epoch milliseconds; `null` where there is none. */
export type Cell = number | string | Float64Array | null;

/** One row, in the order of its table's columns. */
export type Cells = readonly Cell[];

/** Turns one kind of row into cells and back. */
export interface RowCodec<Row> {
  readonly table: Table;
  /** @throws {InvalidRowError} for a value that no store can hold. */
  readonly toCells: (row: Row) => Cells;
  readonly fromCells: (cells: Cells) => Row;
}

/** Reads rows, of all columns of a table or of some. */
export type RowReader<Row> = Pick<RowCodec<Row>, "table" | "fromCells">;

/** A row by property, without its profile. */
type Flat = Record<string, unknown>;

/** The outcomes are the last columns, in their order. */
const OUTCOMES_FROM = SEGMENTS.columns.length - OUTCOMES.length;

export const MANIFEST_ROWS: RowCodec<Manifest> = {
  table: SEGMENTS,
  toCells: (manifest) => toCells(SEGMENTS, { ...manifest, ...manifest.outcomes }),
  fromCells: (cells) => {
    const flat = flatOf(SEGMENTS.columns, cells, OUTCOMES_FROM);
    const outcomes = zeroOutcomes();
    OUTCOMES.forEach((outcome, i) => {
      outcomes[outcome] = cells[OUTCOMES_FROM + i] as number;
    });
    flat["outcomes"] = outcomes;
    return flat as unknown as Manifest;
  },
};

export const SEGMENT_WINDOW_ROWS: RowCodec<SegmentWindowRow> = {
  table: SEGMENT_WINDOWS,
  toCells: (row) => toCells(SEGMENT_WINDOWS, { ...row, ...row.manifest }),
  fromCells: (cells) => withSegmentKey(toFlat(SEGMENT_WINDOWS, cells)) as unknown as SegmentWindowRow,
};

/** What counts a segment's records by lane and window: its rows without the profiles. */
export const SEGMENT_RECORD_ROWS: RowReader<SegmentRecords> = {
  table: {
    ...SEGMENT_WINDOWS,
    columns: SEGMENT_WINDOWS.columns.filter(({ name }) => name !== "names" && name !== "numbers"),
  },
  fromCells: (cells) => {
    const { part, profileCount, ...row } = withSegmentKey(toFlat(SEGMENT_RECORD_ROWS.table, cells));
    return row as unknown as SegmentRecords;
  },
};

function withSegmentKey({ topic, partition, startOffset, endOffset, shape, ...flat }: Flat): Flat {
  return { ...flat, manifest: { topic, partition, startOffset, endOffset, shape } };
}

export const PROFILE_ROWS: RowCodec<ProfileRow> = {
  table: PROFILES,
  toCells: (row) => toCells(PROFILES, row as unknown as Flat, row.profile),
  fromCells: (cells) =>
    ({ ...toFlat(PROFILES, cells), profile: profileOf(PROFILES, cells) }) as unknown as ProfileRow,
};

export const BASELINE_PROFILE_ROWS: RowCodec<BaselineProfileRow> = {
  table: BASELINE_PROFILES,
  toCells: (row) => toCells(BASELINE_PROFILES, row as unknown as Flat, row.profile),
  fromCells: (cells) =>
    ({
      ...toFlat(BASELINE_PROFILES, cells),
      profile: profileOf(BASELINE_PROFILES, cells),
    }) as unknown as BaselineProfileRow,
};

export const STATE_ROWS: RowCodec<StateRow> = {
  table: STATES,
  toCells: (row) => toCells(STATES, { ...row, epochMs: 0 }),
  fromCells: (cells) => {
    const { key, value } = toFlat(STATES, cells);
    return { key, value } as StateRow;
  },
};

export const WINDOW_ROWS: RowCodec<WindowRow> = plainCodec(WINDOWS);
export const VERDICT_ROWS: RowCodec<VerdictRow> = plainCodec(VERDICTS);
export const INCIDENT_ROWS: RowCodec<IncidentRow> = plainCodec(INCIDENTS);
export const NOTIFICATION_ROWS: RowCodec<NotificationRow> = plainCodec(NOTIFICATIONS);
export const FEEDBACK_ROWS: RowCodec<FeedbackRow> = plainCodec(FEEDBACK);
export const BASELINE_ROWS: RowCodec<BaselineRow> = plainCodec(BASELINES);

/** For rows whose properties are the table's columns and nothing else. */
function plainCodec<Row>(table: Table): RowCodec<Row> {
  return {
    table,
    toCells: (row) => toCells(table, row as Flat),
    fromCells: (cells) => toFlat(table, cells) as Row,
  };
}

/** Columns with a property take the row's; the others, at the end, take the profile's. */
function toCells(table: Table, flat: Flat, profile?: Profile): Cells {
  const cells: Cell[] = [];
  const tail = profile === undefined ? [] : encodeProfile(profile);
  const headCount = table.columns.length - tail.length;
  for (const column of table.columns) {
    const at = cells.length;
    const value = at < headCount ? flat[column.property!] : tail[at - headCount];
    cells.push(toCell(table, column, value));
  }
  return cells;
}

function toFlat(table: Table, cells: Cells): Flat {
  return flatOf(table.columns, cells, table.columns.length);
}

/** The properties of the first columns. Read for every row: a loop, and no object is reshaped. */
function flatOf(columns: readonly Column[], cells: Cells, columnCount: number): Flat {
  const flat: Flat = {};
  for (let i = 0; i < columnCount; i++) {
    const column = columns[i]!;
    if (column.property !== undefined) flat[column.property] = propertyOf(column, cells[i] ?? null);
  }
  return flat;
}

function profileOf(table: Table, cells: Cells): Profile {
  const headCount = table.columns.findIndex((column) => column.property === undefined);
  const values = cells
    .slice(headCount)
    .map((cell) => (typeof cell === "string" ? fromStoredText(cell) : cell));
  return decodeProfile(values as ColumnValue[]);
}

function propertyOf(column: Column, cell: Cell): Cell {
  if (typeof cell === "string") return fromStoredText(cell);
  if (cell !== null) return cell;
  return column.type === "symbol" || column.type === "varchar" ? "" : Number.NaN;
}

/** The cell of a value. NaN, "" and an empty list become `null`. */
function toCell(table: Table, column: Column, value: unknown): Cell {
  if (value === null || value === "") return nullCell(table, column);
  switch (column.type) {
    case "timestamp":
    case "long":
      if (Number.isSafeInteger(value)) return value as number;
      if (Number.isNaN(value)) return nullCell(table, column);
      break;
    case "double":
      if (typeof value === "number") return Number.isNaN(value) ? null : finite(value);
      break;
    case "double[]":
      if (value instanceof Float64Array) return value.length === 0 ? null : finiteList(value);
      break;
    case "symbol":
    case "varchar":
      if (typeof value === "string") return toStoredText(value);
      break;
  }
  throw new InvalidRowError(table.name, column.name, column.type, value);
}

/** NULL, except where the row would lose its partition or its whole name by it. */
function nullCell(table: Table, column: Column): null {
  const needed = column === table.columns[0] || (table.key.length <= 2 && table.key.includes(column.name));
  if (needed) throw new InvalidRowError(table.name, column.name, column.type, null);
  return null;
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : Math.sign(value) * Number.MAX_VALUE;
}

function finiteList(values: Float64Array): Float64Array {
  for (const value of values) {
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
      return values.map((v) => (Number.isNaN(v) ? v : finite(v)));
    }
  }
  return values;
}
