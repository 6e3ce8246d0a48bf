/** What a person wants to know after a replay: every record accounted for, what each lane brought, what was found. */
import type { ReplaySummary } from "../replay-output.ts";
import { iso } from "./asking.ts";
import { textTable } from "./text-table.ts";

const INCIDENTS_SHOWN_MAX = 20;
const UNJUDGED_SHOWN_MAX = 5;

export function replayTable(summary: ReplaySummary, outFolder: string, elapsedMs: number): string {
  const { outcomes, lanes, incidents } = summary;
  const offsets = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  const accounted = Object.entries(outcomes)
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${count.toLocaleString("en")} ${outcome}`);
  const rows = [...lanes]
    .sort((a, b) => (a.swimlane < b.swimlane ? -1 : 1))
    .map((lane) => [
      lane.swimlane,
      lane.source,
      String(lane.windowCount),
      lane.recordCount.toLocaleString("en"),
      String(lane.anomalies.page),
      String(lane.anomalies.warn),
      String(lane.anomalies.info),
    ]);
  const shown = incidents
    .slice(0, INCIDENTS_SHOWN_MAX)
    .map((row) => `  ${row.severity.padEnd(4)}  ${row.state.padEnd(8)}  ${row.title}`);
  const rest = incidents.length - shown.length;
  return [
    `${offsets.toLocaleString("en")} records in ${(elapsedMs / 1000).toFixed(1)} s: ${accounted.join(", ") || "none"}`,
    "",
    ...textTable(["swimlane", "source", "windows", "records", "page", "warn", "info"], rows, 2),
    ...unjudgedLines(summary),
    "",
    `${incidents.length} incidents${incidents.length === 0 ? "" : ":"}`,
    ...shown,
    ...(rest > 0 ? [`  … and ${rest} more`] : []),
    "",
    `written: ${outFolder}/verdicts.jsonl (${summary.verdictCount.toLocaleString("en")}), ${outFolder}/incidents.jsonl${offsets > (outcomes.ok ?? 0) ? `, ${outFolder}/dead-letters.jsonl` : ""}`,
    "",
  ].join("\n");
}

/** A count of half a window is no lower than usual, only unfinished: no verdict on it could be right. */
function unjudgedLines({ unjudged }: ReplaySummary): readonly string[] {
  const shown = unjudged
    .slice(0, UNJUDGED_SHOWN_MAX)
    .map(
      ({ swimlane, source, windowStartMs, windowSizeMs, recordCount }) =>
        `not judged: ${swimlane} / ${source}, ${recordCount.toLocaleString("en")} records from ${iso(windowStartMs)} on: the input ends before the window does (${iso(windowStartMs + windowSizeMs)})`,
    );
  const rest = unjudged.length - shown.length;
  return [...shown, ...(rest > 0 ? [`not judged: … and ${rest} more windows that the input ends in`] : [])];
}
