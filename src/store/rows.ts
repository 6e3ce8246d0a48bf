/**
 * How each kind of row lies in its table: rows ↔ cells in the order of the table's columns. Both stores share it, so
 * they cannot differ in what a row means; each turns cells into its own types.
 *
 * Policy for what SQL cannot hold alike everywhere: NaN is NULL in the table and NaN again when read; an infinite
 * number is kept as the largest finite one of its sign (a p-value of 0 stays overwhelming evidence); an empty text
 * or list is NULL in the table and empty again when read; -0 stays -0.
 */
import { OUTCOMES, zeroOutcomes } from "../decode/outcome.ts";
import type { Manifest, SegmentKey } from "../segment/manifest.ts";
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

/** Properties that name a segment. */
const SEGMENT_KEY: readonly string[] = ["topic", "partition", "startOffset", "endOffset", "shape"];

/** The outcomes are the last columns, in their order. */
const OUTCOMES_FROM = SEGMENTS.columns.length - OUTCOMES.length;

const readManifest = flatReader<Flat>(SEGMENTS.columns.slice(0, OUTCOMES_FROM));

export const MANIFEST_ROWS: RowCodec<Manifest> = {
  table: SEGMENTS,
  toCells: (manifest) => toCells(SEGMENTS, { ...manifest, ...manifest.outcomes }),
  fromCells: (cells) => {
    const flat = readManifest(cells);
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
  fromCells: segmentRowReader<SegmentWindowRow>(SEGMENT_WINDOWS.columns),
};

const RECORD_COLUMNS = SEGMENT_WINDOWS.columns.filter(({ name }) => name !== "names" && name !== "numbers");

/** What counts a segment's records by lane and window: its rows without the profiles. */
export const SEGMENT_RECORD_ROWS: RowReader<SegmentRecords> = {
  table: { ...SEGMENT_WINDOWS, columns: RECORD_COLUMNS },
  fromCells: segmentRowReader<SegmentRecords>(RECORD_COLUMNS, ["part", "profileCount"]),
};

/** Reads rows of a segment: what names the segment is one property. */
function segmentRowReader<Row>(
  columns: readonly Column[],
  unread: readonly string[] = [],
): (cells: Cells) => Row {
  const readKey = flatReader<SegmentKey>(columns, (property) => SEGMENT_KEY.includes(property));
  const isOwn = (property: string) => !SEGMENT_KEY.includes(property) && !unread.includes(property);
  const readOwn = flatReader<Flat>(columns, isOwn, ["manifest"]);
  return (cells) => {
    const row = readOwn(cells);
    row["manifest"] = readKey(cells);
    return row as Row;
  };
}

export const PROFILE_ROWS: RowCodec<ProfileRow> = profileCodec(PROFILES);

export const BASELINE_PROFILE_ROWS: RowCodec<BaselineProfileRow> = profileCodec(BASELINE_PROFILES);

export const STATE_ROWS: RowCodec<StateRow> = {
  table: STATES,
  toCells: (row) => toCells(STATES, { ...row, epochMs: 0 }),
  fromCells: flatReader<StateRow>(STATES.columns, (property) => property !== "epochMs"),
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
    fromCells: flatReader<Row>(table.columns),
  };
}

/** For rows that are a profile and what it is of. */
function profileCodec<Row extends { readonly profile: Profile }>(table: Table): RowCodec<Row> {
  const read = flatReader<Flat>(table.columns, () => true, ["profile"]);
  return {
    table,
    toCells: (row) => toCells(table, row as unknown as Flat, row.profile),
    fromCells: (cells) => {
      const row = read(cells);
      row["profile"] = profileOf(table, cells);
      return row as Row;
    },
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

/**
 * Reads the properties of columns that `isRead` picks. Called for every row: each begins as a copy of one that has all
 * properties, the `more` that the caller fills in too, so that no object is reshaped.
 */
function flatReader<Row>(
  columns: readonly Column[],
  isRead: (property: string) => boolean = () => true,
  more: readonly string[] = [],
): (cells: Cells) => Row {
  const read = columns.flatMap((column, at) =>
    column.property !== undefined && isRead(column.property)
      ? [{ column, at, property: column.property }]
      : [],
  );
  const blank: Flat = {};
  for (const property of [...read.map((each) => each.property), ...more]) blank[property] = undefined;
  return (cells) => {
    const flat = { ...blank };
    for (const { column, at, property } of read) flat[property] = propertyOf(column, cells[at] ?? null);
    return flat as Row;
  };
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
