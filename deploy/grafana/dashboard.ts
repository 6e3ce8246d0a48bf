/** The dashboard: which panels, in which order, and the choices at its top. */
import {
  bands,
  bars,
  type Datasource,
  type Json,
  lines,
  type Panel,
  row,
  stat,
  table,
  target,
} from "./panels.ts";
import {
  budgetQueries,
  countQueries,
  featureQueries,
  incidentQueries,
  laneQueries,
  variableQueries,
} from "./queries.ts";

export const panels: readonly Panel[] = [
  row("Lanes"),
  stat("Open incidents", laneQueries.openIncidents, "Open or acknowledged, whatever the time range."),
  stat("Records", laneQueries.records, "Folded into windows of the chosen size, in the time range."),
  stat("Anomalies", laneQueries.anomalies, "Anomalous verdicts that could page or warn."),
  stat(
    "Not judged",
    laneQueries.unjudged,
    "Verdicts that were `insufficient`: too few records, too little history.",
    "percent",
  ),
  lines(
    "Records by window",
    laneQueries.recordsByWindow,
    "Exact counts, one line for each swimlane and source.",
    "short",
    16,
  ),
  bars("Anomalies", laneQueries.anomaliesByBucket, "Anomalous verdicts by swimlane.", 8),
  table("Lanes", laneQueries.lanes, "What each swimlane and source brought in the time range."),
  row("Feature: $feature"),
  bands(
    "Quantiles",
    featureQueries.bands,
    "The 5, 25, 50, 75 and 95 % quantiles of each window, over the chosen lanes.",
  ),
  lines(
    "Shares",
    featureQueries.shares,
    "Nulls, absences, zeros and non-finite numbers, of all records.",
    "percentunit",
  ),
  lines("Mean and deviation", featureQueries.moments, "Of the finite numbers."),
  lines("Distinct values", featureQueries.distinct, "Estimated distinct strings of each window."),
  lines("Significance", featureQueries.significance, "−log10 of the p-value, by detector. 0 is no evidence."),
  table("Anomalous verdicts", featureQueries.verdicts, "The newest 200 of this feature."),
  row("Incidents"),
  table("Incidents", incidentQueries.incidents, "The newest 200. `*` is an incident above several lanes."),
  bars("Incidents that began", incidentQueries.byState, "By severity."),
  table("Notifications", incidentQueries.notifications, "Who was told what, and what was refused.", 12),
  row("Page budget"),
  table(
    "Pages against the budget",
    budgetQueries.pages,
    "Incidents of severity page that opened in the time range (choose weeks), and what people said of them; what nobody has judged may be false. " +
      "Accepted is the budget chosen at the top times the weeks that the lane has windows; `lanewatch budget` knows each lane's own, " +
      "and counts pages of limits alone apart, which are among these.",
  ),
  table(
    "What rules did",
    budgetQueries.rules,
    "Verdicts of each detector in the time range. A rule that never fires may be right, or deaf: `lanewatch backtest` tells. One that fires nearly always tells nothing.",
  ),
  row("Counts you can prove"),
  table(
    "Records in the log against records accounted for",
    countQueries.proof,
    "By partition, over the segments that tile its offsets in the time range; two cuts of the same offsets count once. " +
      "`run lanewatch prove` is shown where something is missing, or overlaps in a way that this query cannot walk: the command can, " +
      "and asks the broker as well.",
  ),
  table(
    "Where records went, stage by stage",
    countQueries.stages,
    "Offsets, and at which stage each got its outcome: lost or jumped at the source, rejected by decode, late or in the " +
      "future for their lane, or folded. docs/reference/metrics.md has the same for alerts.",
  ),
  bars("What became of every record", countQueries.outcomes, "The outcomes add up to the offsets."),
  table(
    "Rejected, by reason",
    countQueries.rejected,
    "Each of them is in the dead-letter topic with its reason.",
    12,
  ),
  table("Windows that late data changed", countQueries.revisions, "Judged again at each revision."),
];

/** @param title told apart where both datasources are installed. */
export function dashboard(datasource: Datasource, uid: string, title: string): Json {
  return {
    uid,
    title,
    tags: ["lanewatch"],
    timezone: "utc",
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: "1m",
    time: { from: "now-6h", to: "now" },
    annotations: { list: [] },
    templating: { list: variables(datasource) },
    panels: place(panels, datasource),
  };
}

function variables(datasource: Datasource): readonly Json[] {
  const query = (name: keyof typeof variableQueries, label: string, isMulti: boolean): Json => ({
    name,
    label,
    type: "query",
    datasource,
    query:
      datasource.type === "questdb-questdb-datasource"
        ? { rawSql: variableQueries[name], queryType: "sql", format: 1 }
        : variableQueries[name],
    refresh: 2,
    sort: name === "window_size_ms" ? 3 : 1,
    multi: isMulti,
    includeAll: isMulti,
    current: isMulti ? { text: ["All"], value: ["$__all"] } : {},
  });
  const bucket = {
    name: "bucket",
    label: "Bucket",
    type: "custom",
    query: "1m,5m,15m,1h,1d",
    current: { text: "5m", value: "5m" },
    options: ["1m", "5m", "15m", "1h", "1d"].map((value) => ({
      text: value,
      value,
      selected: value === "5m",
    })),
  };
  const budget = {
    name: "budget",
    label: "False pages a lane-week",
    type: "textbox",
    query: "0.25",
    current: { text: "0.25", value: "0.25" },
    options: [{ text: "0.25", value: "0.25", selected: true }],
  };
  return [
    query("swimlane", "Swimlane", true),
    query("source", "Source", true),
    query("feature", "Feature", false),
    query("window_size_ms", "Window (ms)", false),
    bucket,
    budget,
  ];
}

/** Fills rows of 24 columns from the left. */
function place(all: readonly Panel[], datasource: Datasource): readonly Json[] {
  let x = 0;
  let y = 0;
  let lineHeight = 0;
  return all.map((panel, index) => {
    if (x + panel.width > 24) {
      x = 0;
      y += lineHeight;
      lineHeight = 0;
    }
    const gridPos = { x, y, w: panel.width, h: panel.height };
    x += panel.width;
    lineHeight = Math.max(lineHeight, panel.height);
    return panelJson(panel, index + 1, gridPos, datasource);
  });
}

function panelJson(panel: Panel, id: number, gridPos: Json, datasource: Datasource): Json {
  const { title, type, description, fieldConfig, options } = panel;
  if (type === "row") return { id, type, title, collapsed: false, gridPos, panels: [] };
  const own = { fieldConfig: fieldConfig ?? { defaults: {}, overrides: [] }, options: options ?? {} };
  return { id, type, title, description, gridPos, datasource, targets: [target(datasource, panel)], ...own };
}
