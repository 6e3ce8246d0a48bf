/** Rows under a head, for a terminal: the first `leftColumns` columns left-aligned, the rest as numbers. */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  leftColumns = 1,
): string[] {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) => {
    const aligned = cells.map((cell, i) =>
      i < leftColumns ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!),
    );
    return `  ${aligned.join("  ")}`.trimEnd();
  };
  return [line(head), ...rows.map(line)];
}
