/** What the store itself tells: records rejected, windows that nobody judged. A store that is away throws: unknown. */
import type { Clock } from "../../base/clock.ts";
import { OUTCOME_STAGES, OUTCOMES } from "../../decode/outcome.ts";
import { readFinding } from "../../rollup/reconcile-finding.ts";
import type { Store } from "../../store/contract.ts";
import { bad, firstOf, OK, type Probe } from "./alerts.ts";

export interface StoreProbeParts {
  readonly store: Pick<Store, "query" | "tablePrefix">;
  readonly clock: Clock;
}

/** Records are looked at over this long, by the log's own time. */
const REJECTED_SPAN_MS = 600_000;
/** Fewer say nothing about a share. */
const RECORDS_MIN = 100;
/** It must be so for this long: after an outage what waited is caught up with in seconds. */
const CONFIRM_MS = 60_000;
/** How long a window that was found to be wrong is told. */
const FOUND_MS = 3_600_000;
/** Windows merged before this are no longer waited for. */
const AUDITS_SPAN_MS = 86_400_000;

/** A tombstone (`empty`) is no dead letter. */
const REJECTED = OUTCOMES.filter((outcome) => OUTCOME_STAGES[outcome] === "decode" && outcome !== "empty")
  .map((outcome) => `records_${outcome}`)
  .join(" + ");

export function rejectedProbe({ store, clock }: StoreProbeParts, shareMax: number): Probe {
  return {
    alert: "records-rejected",
    boundMs: CONFIRM_MS,
    look: async () => {
      const [row] = await store.query(
        `SELECT sum(${REJECTED}) AS rejected, sum(end_offset - start_offset) AS records FROM ${store.tablePrefix}segments ` +
          `WHERE started_at >= ${time(clock.nowMs() - REJECTED_SPAN_MS)}`,
      );
      const [rejected, records] = [Number(row?.["rejected"] ?? 0), Number(row?.["records"] ?? 0)];
      if (records < RECORDS_MIN || rejected / records < shareMax) return OK;
      return bad(
        `${rejected} of the last ${records} records were rejected; the dead-letter topic has each with its reason`,
      );
    },
  };
}

/** What the reconciler found: told for an hour, since a window that was wrong may have been relied on. */
export function reconciledProbe({
  store,
  clock,
}: {
  readonly store: Pick<Store, "readState">;
  readonly clock: Clock;
}): Probe {
  return {
    alert: "windows-differ",
    boundMs: 0,
    look: async () => {
      const found = await readFinding(store);
      if (found === undefined || clock.nowMs() - found.foundAtMs >= FOUND_MS) return OK;
      const { swimlane, source, windowStartMs, written, counted, kind, isRepaired } = found;
      const was = written === null ? "was not in the store" : `said ${written} records`;
      const done = isRepaired
        ? "it was merged again and is judged again"
        : "rows of its segments have expired, so it stays as it is";
      return bad(
        `a window of lane ${swimlane || '""'} / ${source || '""'} (${new Date(windowStartMs).toISOString()}) ${was}, ` +
          `its segments have ${counted} (${kind}); ${done}. Something changed the store's rows`,
      );
    },
  };
}

/** By lane the newest merged window that had the time to be judged, against the newest that was. */
export function auditsProbe({ store, clock }: StoreProbeParts, lateMs: number): Probe {
  return {
    alert: "audits-late",
    boundMs: CONFIRM_MS,
    look: async () => {
      const nowMs = clock.nowMs();
      const lanes = "swimlane, source, window_size_ms";
      const merged = await store.query(
        `SELECT ${lanes}, max(window_start) AS newest FROM ${store.tablePrefix}windows WHERE merged_at < ${time(nowMs - lateMs)} ` +
          `AND merged_at >= ${time(nowMs - AUDITS_SPAN_MS)} GROUP BY ${lanes}`,
      );
      if (merged.length === 0) return OK;
      const oldest = Math.min(...merged.map(newestOf));
      const judged = await store.query(
        `SELECT ${lanes}, max(window_start) AS newest FROM ${store.tablePrefix}verdicts WHERE window_start >= ${time(oldest)} GROUP BY ${lanes}`,
      );
      const newest = new Map(judged.map((row) => [laneOf(row), newestOf(row)]));
      const late = merged
        .filter((row) => (newest.get(laneOf(row)) ?? Number.NEGATIVE_INFINITY) < newestOf(row))
        .map(laneOf);
      if (late.length === 0) return OK;
      return bad(
        `${late.length} lanes have windows that nobody judged within ${Math.round(lateMs / 1_000)} s: ${firstOf(late)}`,
      );
    },
  };
}

function laneOf(row: Readonly<Record<string, unknown>>): string {
  return `${row["swimlane"] ?? ""} / ${row["source"] ?? ""} (${Number(row["window_size_ms"])} ms)`;
}

function newestOf(row: Readonly<Record<string, unknown>>): number {
  return (row["newest"] as Date).getTime();
}

function time(epochMs: number): string {
  return `'${new Date(epochMs).toISOString()}'`;
}
