/** Which rows of a window are metrics, and which metrics does the lane's auditor remember? */
import type { ProfileRow } from "../store/contract.ts";
import type { LaneMemory } from "./lane-memory.ts";
import type { MetricOptions } from "./series-audit.ts";

type Memory = Pick<LaneMemory, "metrics" | "sqlMetrics">;
type Defined = Readonly<Record<string, MetricOptions>>;

/** The window's metrics by name, each remembered from now on. */
export function admitMetrics(
  memory: Memory,
  profiles: readonly ProfileRow[],
  defined: Defined,
): ReadonlyMap<string, ProfileRow> {
  forgetUndefined(memory, defined);
  const metrics = new Map<string, ProfileRow>();
  for (const row of profiles) {
    const ofSql = row.kind === "sql" && isDefined(row.feature, defined);
    if (row.kind !== "metric" && !ofSql) continue;
    metrics.set(row.feature, row);
    memory.metrics[row.feature] ??= {};
    if (ofSql && memory.sqlMetrics?.includes(row.feature) !== true)
      memory.sqlMetrics = [...(memory.sqlMetrics ?? []), row.feature];
  }
  return metrics;
}

/** Without its line a metric will never have a value again, and would keep the gate from passing. */
function forgetUndefined(memory: Memory, defined: Defined): void {
  const gone = (memory.sqlMetrics ?? []).filter((name) => !isDefined(name, defined));
  if (gone.length === 0) return;
  for (const name of gone) delete memory.metrics[name];
  memory.sqlMetrics = memory.sqlMetrics!.filter((name) => !gone.includes(name));
}

function isDefined(name: string, defined: Defined): boolean {
  return defined[name]?.sql !== undefined;
}
