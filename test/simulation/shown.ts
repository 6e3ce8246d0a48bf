/** Rows that readers can see from now on, as lines of a seed's trace. */
import { type Cells, INCIDENT_ROWS, VERDICT_ROWS, WINDOW_ROWS } from "../../src/store/rows.ts";
import { INCIDENTS, SEGMENTS, STATES, type Table, VERDICTS, WINDOWS } from "../../src/store/schema.ts";
import { windowKey } from "./log.ts";
import type { World } from "./world.ts";

export function noteShown(world: World, table: Table, row: Cells): void {
  if (table === WINDOWS) {
    const { swimlane, windowStartMs, revision, recordCount } = WINDOW_ROWS.fromCells(row);
    world.note(`shown: window ${windowKey(swimlane, windowStartMs)} r${revision}: ${recordCount}`);
  } else if (table === VERDICTS && row.includes("halved")) {
    const { swimlane, windowStartMs, revision, answer, incidentId } = VERDICT_ROWS.fromCells(row);
    world.note(`shown: verdict ${windowKey(swimlane, windowStartMs)} r${revision}: ${answer} ${incidentId}`);
  } else if (table === INCIDENTS) {
    const { id, swimlane, state, startMs, endMs } = INCIDENT_ROWS.fromCells(row);
    world.note(`shown: incident ${id} of ${swimlane}: ${state}, ${startMs} to ${endMs}`);
  } else if (table === SEGMENTS) world.note(`shown: segment ${row[2]}:${row[3]}-${row[4]}`);
  else if (table === STATES) world.note(`shown: state ${row[1]}`);
}
