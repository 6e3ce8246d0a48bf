import type { RowFilter, TimeSpan } from "./contract.ts";
import { type Table, timeColumn } from "./schema.ts";
import type { Condition } from "./tables.ts";

/** Most rows that one read gives back when its caller names no limit. */
export const ROWS_READ_MAX = 100_000;

/** `since <= column < until`; a bound that is left out, or infinite, does not bound. */
export function spanConditions(column: string, span: Partial<TimeSpan>): readonly Condition[] {
  const conditions: Condition[] = [];
  const { sinceMs, untilMs } = span;
  if (sinceMs !== undefined && Number.isFinite(sinceMs))
    conditions.push({ column, is: ">=", value: Math.ceil(sinceMs) });
  if (untilMs !== undefined && Number.isFinite(untilMs))
    conditions.push({ column, is: "<", value: Math.ceil(untilMs) });
  return conditions;
}

/** The filter on the columns that the table has; a filter on one that it lacks (a feature of windows) matches all. */
export function filterConditions(table: Table, filter: RowFilter): readonly Condition[] {
  const conditions: Condition[] = [...spanConditions(timeColumn(table).name, filter)];
  const equal = [
    ["swimlane", filter.swimlane],
    ["source", filter.source],
    ["feature", filter.feature],
    ["window_size_ms", filter.windowSizeMs],
  ] as const;
  for (const [column, value] of equal) {
    const known = table.columns.some(({ name }) => name === column);
    if (known && value !== undefined) conditions.push({ column, is: "=", value });
  }
  if (filter.swimlanes !== undefined)
    conditions.push({ column: "swimlane", is: "in", values: filter.swimlanes });
  return conditions;
}
