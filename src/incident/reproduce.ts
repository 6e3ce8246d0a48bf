import type { Witness } from "./sighting.ts";

const QUERY_COUNT_MAX = 3;

/** Read-only queries over the documented tables: the incident's verdicts, then the windows behind the worst of them. */
export function reproduceSql(
  incident: { readonly id: string; readonly swimlane: string },
  witnesses: readonly Witness[],
): readonly string[] {
  const verdicts = `SELECT * FROM verdicts WHERE incident_id = ${text(incident.id)} ORDER BY window_start`;
  const windows = witnesses.slice(0, QUERY_COUNT_MAX).map((witness) => windowSql(incident.swimlane, witness));
  return [verdicts, ...new Set(windows)];
}

/** The incidents below one that stands above several. */
export function reproduceChildrenSql(ids: readonly string[]): string {
  return `SELECT * FROM incidents WHERE id IN (${ids.map(text).join(", ")}) ORDER BY started_at`;
}

function windowSql(swimlane: string, { feature, source, windowStartMs, windowSizeMs }: Witness): string {
  const start = text(new Date(windowStartMs).toISOString());
  const where =
    `window_start = ${start} AND window_size_ms = ${windowSizeMs}` +
    ` AND swimlane = ${text(swimlane)} AND source = ${text(source)}`;
  return feature === "*"
    ? `SELECT * FROM windows WHERE ${where}`
    : `SELECT * FROM profiles WHERE ${where} AND feature = ${text(feature)}`;
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
