/** From a series' columns to what uPlot draws. Pure. */
import type { Maybe } from "../../wire.ts";

export type Columns = readonly (readonly Maybe[])[];

/**
 * Seconds and values, with an empty point wherever windows are missing: a line through a gap would be a lie.
 * @param stepMs distance of neighbouring points.
 */
export function withGaps(
  startMs: readonly number[],
  columns: Columns,
  stepMs: number,
): [number[], ...(number | null)[][]] {
  const times: number[] = [];
  const values: (number | null)[][] = columns.map(() => []);
  startMs.forEach((ms, i) => {
    const before = startMs[i - 1];
    if (before !== undefined && ms - before > 1.5 * stepMs) {
      times.push((before + stepMs) / 1_000);
      for (const column of values) column.push(null);
    }
    times.push(ms / 1_000);
    columns.forEach((column, c) => {
      values[c]!.push(column[i] ?? null);
    });
  });
  return [times, ...values];
}

/** Lines that stack to shares of the whole: each is the sum of those up to it. */
export function stacked(columns: Columns, length: number): Columns {
  const sums: Maybe[] = new Array<Maybe>(length).fill(0);
  return columns.map((column) =>
    column.map((value, i) => {
      const sum = value === null || sums[i] === null ? null : sums[i]! + value;
      sums[i] = sum;
      return sum;
    }),
  );
}
