/** docs/reference/tables.md, printed from the schema: what a person meets in SQL. */
import { DUCKDB_TYPES } from "./duckdb/column-types.ts";
import { QUESTDB_TYPES } from "./questdb/create-tables.ts";
import { type RetentionClass, TABLES, type Table } from "./schema.ts";

const INTRODUCTION = `# Tables

What Lanewatch keeps, and what metrics in SQL, dashboards and you may read. The same tables lie in QuestDB and in the
DuckDB file. This page is printed from \`src/store/schema.ts\` (\`npx vitest run src/store/tables-reference.test.ts -u\`).

- Times are UTC. A row is named by its key; a row written again replaces the one before, so a late revision of a
  window, a window judged again, an incident that changed state each leave one row.
- NULL means "not measured" (an average of no numbers), an empty text, or an empty list. A number beyond what a double
  holds is kept as the largest double of its sign.
- U+E000 and four hexadecimal digits in a text stand for a character that the databases cannot hold (NUL, half of a
  surrogate pair).
- QuestDB acknowledges a row before readers see it, mostly by less than a second. A segment counts once \`segment_windows\`
  shows \`segments.row_count\` profiles of it (the sum of \`profile_count\`); a window is whole once \`profiles\` shows \`windows.profile_count\` rows of its revision.
- A QuestDB with \`tablePrefix\` has it before every name.
`;

const RETENTION_TEXT: Readonly<Record<RetentionClass, string>> = {
  segments: "Kept in QuestDB for `segmentDays` (14 unless configured), in DuckDB for ever.",
  windows: "Kept in QuestDB for `windowDays` (90 unless configured), in DuckDB for ever.",
  judgements: "Kept in QuestDB for `judgementDays` (400 unless configured), in DuckDB for ever.",
  forever: "Kept for ever.",
};

export function tablesReference(): string {
  return [INTRODUCTION, ...TABLES.map(tableText)].join("\n");
}

function tableText(table: Table): string {
  const rows = table.columns.map(({ name, type, doc }) => {
    const types = [...new Set([QUESTDB_TYPES[type], DUCKDB_TYPES[type]])].join(" / ");
    return [`\`${name}\``, types, doc.replaceAll("|", "\\|")];
  });
  return [
    `## ${table.name}`,
    "",
    table.doc,
    `Key: ${table.key.map((name) => `\`${name}\``).join(", ")}. ${RETENTION_TEXT[table.retention]}`,
    "",
    ...alignedTable([["column", "type (QuestDB / DuckDB)", "meaning"], ...rows]),
    "",
  ].join("\n");
}

/** As the formatter would align it, so that formatting the page does not make it stale. */
function alignedTable(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  const rule = widths.map((width) => "-".repeat(width));
  return [line(rows[0]!), line(rule), ...rows.slice(1).map(line)];
}
