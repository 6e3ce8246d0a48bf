/**
 * Two lanes seldom complete a window in the same moment. A window that is judged before the other lane's has come says
 * `insufficient` of the comparison; once the other's is there, the comparison alone is made up for.
 */
import type { LaneAuditor } from "../../audit/lane-auditor.ts";
import type { LaneMemory } from "../../audit/lane-memory.ts";
import type { NamedReference } from "../../audit/reference/named-reference.ts";
import { heldToName } from "../../audit/verdict/verdict-name.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import { isWhole } from "../../rollup/complete-window.ts";
import type { Store, VerdictRow, WindowRow } from "../../store/contract.ts";
import type { AuditJob, JudgedWindow } from "./audit-service.ts";
import { readCompleteWindows } from "./read-complete-windows.ts";
import type { References } from "./references.ts";

/** Windows that may wait for another lane's; older ones stay `insufficient`. */
const AWAITED_MAX = 48;
/** Verdicts of one window: features × detectors × references. */
const VERDICTS_MAX = 1_000_000;

/** Remembers a window for which another lane's is missing. */
export function noteAwaited(
  memory: LaneMemory,
  window: WindowRow,
  references: readonly NamedReference[],
): void {
  if (window.recordCount === 0 || !references.some(({ awaited }) => awaited)) return;
  memory.awaitedMs ??= [];
  memory.awaitedMs.push(window.windowStartMs);
}

/** Judged windows whose comparison could be made up for, each with all of its verdicts. */
export async function lateComparisons(
  {
    store,
    references,
    telemetry,
  }: { readonly store: Store; readonly references: References; readonly telemetry: Telemetry },
  job: AuditJob,
  auditor: LaneAuditor,
): Promise<readonly JudgedWindow[]> {
  const memory = auditor.memory();
  const awaited = memory.awaitedMs ?? [];
  if (awaited.length === 0) return [];
  const given = awaited.length - AWAITED_MAX;
  if (given > 0) {
    awaited.splice(0, given);
    telemetry.event(
      "info",
      "audit_comparisons_missed",
      "Windows never compared: the other lane's did not come",
      {},
      given,
    );
  }
  const [sinceMs, untilMs] = [awaited[0]!, awaited.at(-1)! + 1];
  const come = await references.othersHave(job, sinceMs, untilMs);
  const late: JudgedWindow[] = [];
  for (const startMs of awaited.filter((each) => come.has(each))) {
    const made = await compareLate(store, references, job, auditor, startMs);
    if (made === undefined) continue;
    late.push(made.judged);
    if (made.whole) memory.awaitedMs = memory.awaitedMs!.filter((each) => each !== startMs);
  }
  return late;
}

/** @returns undefined where the store does not show all that is needed; `whole` once no lane is waited for any more. */
async function compareLate(
  store: Store,
  references: References,
  job: AuditJob,
  auditor: LaneAuditor,
  startMs: number,
): Promise<{ readonly judged: JudgedWindow; readonly whole: boolean } | undefined> {
  const { swimlane, source, windowSizeMs } = job;
  const span = { swimlane, source, windowSizeMs, sinceMs: startMs, untilMs: startMs + 1 };
  const [complete] = await readCompleteWindows(store, span, 1);
  if (complete === undefined || !isWhole(complete)) return undefined;
  const all = (await references.of(job, [complete]))(complete.window);
  const stored = await store.readVerdicts({ ...span, limit: VERDICTS_MAX });
  // A placeholder that the store does not show yet: so may other verdicts be, and their incident would lose them.
  const waiting = all.filter(
    ({ kind, name }) => kind === "lane" && stored.some((row) => isPlaceholder(row, name)),
  );
  const come = waiting.filter((reference) => !reference.awaited);
  if (come.length === 0) return undefined;
  const kept = stored.map((row) =>
    come.some(({ name }) => isPlaceholder(row, name)) ? madeUpFor(row) : row,
  );
  const verdicts = [...kept, ...auditor.holdTo(complete, come, all)];
  return { judged: { complete, verdicts }, whole: come.length === waiting.length };
}

function isPlaceholder(row: VerdictRow, reference: string): boolean {
  return row.detector === heldToName("reference", reference) && row.answer === "insufficient";
}

function madeUpFor(row: VerdictRow): VerdictRow {
  return { ...row, answer: "ok", summary: "compared once the other lane's window had come" };
}
