/** Grafana's panels, as far as this dashboard uses them. Positions are given out by dashboard.ts. */

/** Which of Grafana's datasource plug-ins the JSON is for. */
export interface Datasource {
  readonly type: "questdb-questdb-datasource" | "grafana-postgresql-datasource";
  readonly uid: string;
}

export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly type: "timeseries" | "table" | "stat" | "row";
  /** Of 24 columns. */
  readonly width: number;
  readonly height: number;
  readonly rawSql: string;
  /** Extra of the panel's own JSON. */
  readonly fieldConfig?: unknown;
  readonly options?: unknown;
}

export type Json = Readonly<Record<string, unknown>>;

/** A target: one query. Both plug-ins take `rawSql`; what else they want differs. */
export function target(datasource: Datasource, panel: Panel): Json {
  const isTable = panel.type !== "timeseries";
  const own =
    datasource.type === "questdb-questdb-datasource"
      ? { queryType: "sql", format: isTable ? 1 : 0 }
      : { rawQuery: true, editorMode: "code", format: isTable ? "table" : "time_series" };
  return { refId: "A", datasource, rawSql: panel.rawSql, ...own };
}

export function stat(title: string, rawSql: string, description: string, unit = "short"): Panel {
  const options = {
    reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
    colorMode: "value",
  };
  return {
    title,
    description,
    type: "stat",
    width: 6,
    height: 4,
    rawSql,
    options,
    fieldConfig: defaults({ unit }),
  };
}

export function table(title: string, rawSql: string, description: string, width = 24): Panel {
  return {
    title,
    description,
    type: "table",
    width,
    height: 9,
    rawSql,
    fieldConfig: defaults({ custom: { filterable: true } }),
  };
}

export function lines(title: string, rawSql: string, description: string, unit = "short", width = 12): Panel {
  const custom = { lineWidth: 1, fillOpacity: 0, showPoints: "auto", spanNulls: false };
  return {
    title,
    description,
    type: "timeseries",
    width,
    height: 9,
    rawSql,
    fieldConfig: defaults({ unit, custom }),
  };
}

export function bars(title: string, rawSql: string, description: string, width = 12): Panel {
  const custom = {
    drawStyle: "bars",
    fillOpacity: 80,
    lineWidth: 0,
    stacking: { mode: "normal", group: "A" },
  };
  return {
    title,
    description,
    type: "timeseries",
    width,
    height: 9,
    rawSql,
    fieldConfig: defaults({ unit: "short", custom }),
  };
}

/** Quantiles as two bands about the median: the outer from p05 to p95, the inner from p25 to p75. */
export function bands(title: string, rawSql: string, description: string): Panel {
  const fill = (name: string, below: string, fillOpacity: number): Json => ({
    matcher: { id: "byName", options: name },
    properties: [
      { id: "custom.fillBelowTo", value: below },
      { id: "custom.fillOpacity", value: fillOpacity },
      { id: "custom.lineWidth", value: 0 },
    ],
  });
  const thin = (name: string): Json => ({
    matcher: { id: "byName", options: name },
    properties: [{ id: "custom.lineWidth", value: 0 }],
  });
  const overrides = [fill("p95", "p05", 15), fill("p75", "p25", 30), thin("p05"), thin("p25")];
  const base = lines(title, rawSql, description, "short", 24);
  return { ...base, height: 11, fieldConfig: { ...(base.fieldConfig as Json), overrides } };
}

export function row(title: string): Panel {
  return { title, description: "", type: "row", width: 24, height: 1, rawSql: "" };
}

function defaults(of: Json): Json {
  return { defaults: of, overrides: [] };
}
