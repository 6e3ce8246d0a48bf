/** The incidents that a deliverer knows: what the store shows, and what it was offered before the store shows it. */
import type { Clock } from "../base/clock.ts";
import type { IncidentRow, Store } from "../store/contract.ts";

export interface IncidentView {
  /** Takes a row that is newer than any read. */
  put(row: IncidentRow): void;
  /** Reads the store; gives all live incidents and those that were resolved of late. */
  refresh(): Promise<readonly IncidentRow[]>;
  /** Incidents that are open or acknowledged. */
  live(): readonly IncidentRow[];
}

const LIVE_COUNT_MAX = 2_000;
const RESOLVED_COUNT_MAX = 500;
/** An incident that began before this and was resolved while nobody looked is not told as resolved. */
const LOOK_BACK_MS_FIRST = 14 * 86_400_000;
/** Later looks need only those that began and ended between two looks; others are known by id. */
const LOOK_BACK_MS = 3_600_000;

export function newIncidentView(store: Pick<Store, "readIncidents">, clock: Clock): IncidentView {
  const rows = new Map<string, IncidentRow>();
  let first = true;
  const put = (row: IncidentRow) => {
    const known = rows.get(row.id);
    // An equal row keeps the old object: what was parsed of it is remembered by object.
    if (known === undefined || isNewer(row, known)) rows.set(row.id, row);
  };
  return {
    put: (row) => void rows.set(row.id, row),
    live: () => [...rows.values()].filter((row) => isLive(row)),
    async refresh() {
      const sinceMs = clock.nowMs() - (first ? LOOK_BACK_MS_FIRST : LOOK_BACK_MS);
      const live = await store.readIncidents({
        states: ["open", "acknowledged"],
        limit: LIVE_COUNT_MAX,
        descending: true,
      });
      const resolved = await store.readIncidents({
        states: ["resolved"],
        sinceMs,
        limit: RESOLVED_COUNT_MAX,
        descending: true,
      });
      const liveIds = new Set(live.map((row) => row.id));
      const gone = [...rows.values()].filter((row) => isLive(row) && !liveIds.has(row.id));
      const ended = await Promise.all(gone.map((row) => store.readIncidents({ id: row.id })));
      first = false;
      for (const row of [...live, ...resolved, ...ended.flat()]) put(row);
      const all = [...rows.values()].filter((row) => row.state !== "pending");
      forgetResolved(rows);
      return all;
    },
  };
}

function isLive(row: IncidentRow): boolean {
  return row.state === "open" || row.state === "acknowledged";
}

/** Rows of one incident read late must not undo one that was offered. */
function isNewer(row: IncidentRow, known: IncidentRow): boolean {
  if (row.changedAtMs !== known.changedAtMs) return row.changedAtMs > known.changedAtMs;
  return row.endMs >= known.endMs && (row.explanation !== known.explanation || row.state !== known.state);
}

/** Resolved ones are kept only as long as they are among the newest; whatever of them is due waits in an outbox. */
function forgetResolved(rows: Map<string, IncidentRow>): void {
  const resolved = [...rows.values()]
    .filter((row) => !isLive(row))
    .sort((a, b) => b.changedAtMs - a.changedAtMs);
  for (const row of resolved.slice(RESOLVED_COUNT_MAX)) rows.delete(row.id);
}
