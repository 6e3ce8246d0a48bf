/**
 * One verdict again, from stored rows alone: the lane's auditor is brought to where it stood before the window (from
 * its newest checkpoint that is older, else from the lane's first window), and judges the window once more.
 */
import { LaneAuditor } from "../audit/lane-auditor.ts";
import type { LaneAuditorOptions } from "../audit/lane-options.ts";
import { errorText } from "../base/errors.ts";
import { verdictAnswer } from "../control/verdicts/verdict-answer.ts";
import type { DifferenceAnswer, ExplainAnswer } from "../control/verdicts/wire-explain.ts";
import { verdictSql } from "../incident/reproduce.ts";
import type { LaneName } from "../rollup/lane-progress.ts";
import { SOURCE_AWAKE_MS } from "../rollup/source-counts.ts";
import type { Store, VerdictRow, WindowRow } from "../store/contract.ts";
import { VERDICT_ROWS } from "../store/rows.ts";
import type { VerdictKey } from "../store/verdict-key.ts";
import { readCheckpoint } from "./audit/lane-checkpoint.ts";
import type { References } from "./audit/references.ts";
import { UNMEASURED } from "./audit/sql-metrics.ts";
import { judgeStored } from "./audit/stored-windows.ts";

export interface ExplainOptions {
  readonly store: Store;
  readonly auditorOptions: (lane: LaneName, windowSizeMs: number) => LaneAuditorOptions;
  /** What lanes are held to beside their own past. */
  readonly references: References;
  /** Most windows to judge for it; beyond, the answer is `unknown`. */
  readonly windowsMax: number;
  readonly onProgress?: (judgedCount: number) => void;
}

/** What two runs must agree in. The incident joins later, and is not the detector's. */
const COMPARED = [
  "answer",
  "severity",
  "statistic",
  "threshold",
  "effect",
  "significance",
  "sketchError",
  "summary",
  "explanation",
] as const satisfies readonly (keyof VerdictRow)[];

/** @returns undefined when no such verdict is stored. */
export async function explainVerdict(
  key: VerdictKey,
  options: ExplainOptions,
): Promise<ExplainAnswer | undefined> {
  const stored = await readVerdict(options.store, key);
  if (stored === undefined) return undefined;
  const [window] = await options.store.readWindows({ ...laneOf(key), ...spanOf(key), limit: 1 });
  const told = {
    verdict: verdictAnswer(stored),
    sql: verdictSql(key, options.store.tablePrefix, { untilMs: key.windowStartMs }),
    rows: { revision: window?.revision ?? 0, recordCount: window?.recordCount ?? null },
  };
  if (window === undefined)
    return {
      ...told,
      outcome: "unknown",
      differences: [],
      basis: "",
      reasons: ["its window's rows are no longer stored"],
    };
  return { ...told, ...(await compareAgain(stored, window, key, options)) };
}

type Compared = Pick<ExplainAnswer, "outcome" | "differences" | "basis" | "reasons">;

async function compareAgain(
  stored: VerdictRow,
  window: WindowRow,
  key: VerdictKey,
  options: ExplainOptions,
): Promise<Compared> {
  if (key.detector === UNMEASURED) return unknown("", unmeasuredReason(key));
  try {
    const { again, basis, complete } = await judgeAgain(key, options);
    if (!complete)
      return unknown(
        basis,
        `judging it again takes more than ${options.windowsMax} windows; run \`lanewatch explain\` on the command line`,
      );
    if (again === undefined)
      return unknown(
        basis,
        `detector "${key.detector}" gave no answer on this window under the configuration of today`,
      );
    const differences = differencesOf(stored, again);
    const reasons = differences.length === 0 ? [] : reasonsOf(stored, window);
    return { outcome: differences.length === 0 ? "equal" : "differs", differences, basis, reasons };
  } catch (error) {
    return unknown("", `its windows could not be judged again: ${errorText(error)}`);
  }
}

/** No detector has judged it, and what the store answers now need not be what it answered then. */
function unmeasuredReason({ feature, swimlane, windowStartMs }: VerdictKey): string {
  const since = new Date(windowStartMs).toISOString();
  return `its line of SQL gave no number; \`lanewatch metric test ${feature} --swimlane ${swimlane} --since ${since}\` asks it again`;
}

function unknown(basis: string, reason: string): Compared {
  return { outcome: "unknown", differences: [], basis, reasons: [reason] };
}

interface Again {
  readonly again: VerdictRow | undefined;
  readonly basis: string;
  readonly complete: boolean;
}

/** Sources that shared the page budget of the swimlane when the verdict was given, so far as stored windows tell. */
async function sourcesAround(key: VerdictKey, store: Store): Promise<number> {
  const lanes = (await store.readLanes()).filter(
    ({ swimlane, windowSizeMs, firstWindowMs, lastWindowMs }) =>
      swimlane === key.swimlane &&
      windowSizeMs === key.windowSizeMs &&
      firstWindowMs <= key.windowStartMs &&
      lastWindowMs > key.windowStartMs - SOURCE_AWAKE_MS,
  );
  return Math.max(1, lanes.length);
}

async function judgeAgain(key: VerdictKey, options: ExplainOptions): Promise<Again> {
  const { store, windowsMax, onProgress } = options;
  // A memory that cannot be read is reported by the service that judges; here more windows are judged again instead.
  const checkpoint = await readCheckpoint(store, key, key.windowStartMs, () => {});
  const auditor = new LaneAuditor(options.auditorOptions(key, key.windowSizeMs), checkpoint?.memory);
  if (auditor.memory().sourceCount === undefined) auditor.shareAmong(await sourcesAround(key, store));
  const sinceMs = checkpoint === undefined ? undefined : auditor.lastWindowStartMs + 1;
  const from = timeText(auditor.lastWindowStartMs);
  const span = { ...laneOf(key), sinceMs, untilMs: key.windowStartMs + 1 };
  let count = 0;
  let firstMs = Number.NaN;
  let again: VerdictRow | undefined;
  const feedback = await store.readFeedback({ swimlane: key.swimlane });
  for await (const { complete, verdicts } of judgeStored(
    store,
    span,
    auditor,
    options.references,
    feedback,
  )) {
    if (count >= windowsMax) return { again, basis: "", complete: false };
    if (count++ === 0) firstMs = complete.window.windowStartMs;
    if (complete.window.windowStartMs === key.windowStartMs)
      again = verdicts.find((row) => isNamed(row, key));
    onProgress?.(count);
  }
  const windows = `${count} window${count === 1 ? "" : "s"}`;
  const basis =
    checkpoint === undefined
      ? `${windows} from the lane's first stored one (${timeText(firstMs)}) to this`
      : `the auditor's checkpoint of ${from} and ${windows} after it`;
  return { again, basis, complete: true };
}

/** As the store would give them back, so that an infinity or a NaN does not differ from what the table can hold. */
function differencesOf(stored: VerdictRow, again: VerdictRow): readonly DifferenceAnswer[] {
  const back = VERDICT_ROWS.fromCells(VERDICT_ROWS.toCells(again));
  return COMPARED.filter((field) => !Object.is(stored[field], back[field])).map((field) => ({
    field,
    stored: String(stored[field]),
    again: String(back[field]),
  }));
}

function reasonsOf(stored: VerdictRow, window: WindowRow): readonly string[] {
  const reasons: string[] = [];
  if (stored.revision !== window.revision)
    reasons.push(
      `late data changed the window after it was judged: revision ${stored.revision} was judged, revision ${window.revision} is stored`,
    );
  reasons.push(
    "the configuration, a detector or Lanewatch itself is another one today; a baseline was kept or retired just then; or windows before it were revised, or have passed their retention",
  );
  return reasons;
}

async function readVerdict(store: Store, key: VerdictKey): Promise<VerdictRow | undefined> {
  const filter = { ...laneOf(key), feature: key.feature, ...spanOf(key) };
  const rows = await store.readVerdicts(filter);
  return rows.filter((row) => isNamed(row, key)).sort((a, b) => b.revision - a.revision)[0];
}

function isNamed(row: VerdictRow, key: VerdictKey): boolean {
  return (
    row.feature === key.feature && row.detector === key.detector && row.windowSizeMs === key.windowSizeMs
  );
}

function laneOf({ swimlane, source, windowSizeMs }: VerdictKey) {
  return { swimlane, source, windowSizeMs };
}

function spanOf({ windowStartMs }: VerdictKey) {
  return { sinceMs: windowStartMs, untilMs: windowStartMs + 1 };
}

function timeText(epochMs: number): string {
  return Number.isFinite(epochMs) ? `${new Date(epochMs).toISOString().slice(0, 16)}Z` : "none";
}
