/** Reads what the gate has to know from a store, in pieces, so that a month of windows never sits in memory at once. */
import { OperationalError } from "../../base/errors.ts";
import type { IncidentState, Store } from "../../store/contract.ts";
import type { LaneSettings } from "../contract.ts";
import { Gate, type GateQuestion } from "./gate.ts";
import type { GateAnswer } from "./wire-gate.ts";

/** Windows of a span read at a time. */
const WINDOWS_A_READ = 64;
/** Most windows that one question may span; a year of hours. */
export const GATE_WINDOWS_MAX = 8_784;
/** Most rows of one read. Beyond it the answer would rest on rows that were not seen, so the question fails. */
const ROWS_MAX = 500_000;
/** The largest window that may overlap a span from before it. */
const COARSEST_WINDOW_MS = 7 * 86_400_000;
const UNRESOLVED: readonly IncidentState[] = ["open", "acknowledged"];

/** @throws {OperationalError} GATE_SPAN_TOO_LONG when the span holds more windows or rows than may be judged at once. */
export async function askGate(
  store: Store,
  question: GateQuestion,
  settings: LaneSettings,
): Promise<GateAnswer> {
  const { swimlane } = question;
  const windowCount = (question.untilMs - question.sinceMs) / settings.windowSizeMs;
  if (windowCount > GATE_WINDOWS_MAX)
    throw tooLong(`it holds ${Math.ceil(windowCount)} windows, more than ${GATE_WINDOWS_MAX}`);

  const gate = new Gate(question, settings, await store.readLanes());
  gate.addIncidents(
    whole(
      await store.readIncidents({ swimlane, states: UNRESOLVED, untilMs: question.untilMs, limit: ROWS_MAX }),
    ),
  );
  const span = { swimlane, sinceMs: gate.sinceMs - COARSEST_WINDOW_MS, untilMs: question.untilMs };
  gate.addAnomalies(whole(await store.readVerdicts({ ...span, answer: "anomalous", limit: ROWS_MAX })));
  await addWindows(gate, store, swimlane, settings);
  return gate.answer();
}

async function addWindows(gate: Gate, store: Store, swimlane: string, settings: LaneSettings): Promise<void> {
  const { windowSizeMs } = settings;
  for (let sinceMs = gate.sinceMs; sinceMs < gate.untilMs; sinceMs += WINDOWS_A_READ * windowSizeMs) {
    const untilMs = Math.min(gate.untilMs, sinceMs + WINDOWS_A_READ * windowSizeMs);
    const filter = { swimlane, windowSizeMs, sinceMs, untilMs, limit: ROWS_MAX };
    const [windows, verdicts] = await Promise.all([store.readWindows(filter), store.readVerdicts(filter)]);
    gate.addWindows(sinceMs, untilMs, whole(windows), whole(verdicts));
  }
}

/** Never judge on rows that were cut off: the one anomaly could be among those left out. */
function whole<Row>(rows: readonly Row[]): readonly Row[] {
  if (rows.length >= ROWS_MAX) throw tooLong(`one read gave ${ROWS_MAX} rows, and more may be stored`);
  return rows;
}

function tooLong(why: string): OperationalError {
  return new OperationalError(`The gate cannot answer for this span: ${why}. Ask about a shorter span.`, {
    code: "GATE_SPAN_TOO_LONG",
    retryable: false,
  });
}
