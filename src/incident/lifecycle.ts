/**
 * The states of an incident: pending → open → acknowledged → resolved, as a pure function of its ledger.
 *
 * It is hard to get in (persistence) and hard to get out (hysteresis), so that a value that swings about its limit
 * makes one incident, not twenty. Windows that nobody could judge count neither way, up to a bound.
 */
import type { IncidentState } from "../store/contract.ts";
import { confirmedSubjects, holds, type Ledger, streamOf, type WindowNote } from "./ledger.ts";
import type { IncidentOptions } from "./options.ts";

/** Why an incident ended. */
export type Closing =
  /** Enough windows in a row were fine. */
  | "recovered"
  /** Late data re-judged the windows: there was nothing but lateness. */
  | "lateness"
  /** It never persisted, so nobody was told. */
  | "unconfirmed"
  /** Its windows stopped coming, or could no longer be judged. */
  | "unobserved"
  /** A person resolved it. */
  | "person";

export interface Life {
  readonly state: IncidentState;
  /** `undefined` while it lives. */
  readonly closing: Closing | undefined;
}

/** The state that follows `was`, given what the ledger now holds. A resolved incident stays resolved. */
export function nextLife(was: Life, ledger: Ledger, options: IncidentOptions): Life {
  const confirmed = confirmedSubjects(ledger, options);
  const streams = streamsOf(ledger, confirmed);
  // Even one that is over learns from late data that it was nothing.
  if (streams.length === 0) return resolved("lateness");
  if (was.state === "resolved") return was;
  if (was.state === "pending") return pendingLife(was, confirmed, streams, options);
  // It was open on anomalies that, re-judged, no longer persist.
  if (confirmed.size === 0) return resolved("lateness");
  return openLife(was, streams, options);
}

/** What one stream says: its anomalous windows, and what came after the last of them. */
interface Stream {
  readonly windowSizeMs: number;
  /** Windows since the last anomalous one in which the incident's tests answered `ok`. */
  readonly okCount: number;
  /** All windows since then. */
  readonly sinceCount: number;
}

function pendingLife(
  was: Life,
  confirmed: ReadonlySet<string>,
  streams: readonly Stream[],
  options: IncidentOptions,
): Life {
  if (confirmed.size > 0) return { state: "open", closing: undefined };
  const hopeless = options.persistenceWindows - options.persistenceAnomalous + 1;
  return streams.every((stream) => stream.sinceCount >= hopeless) ? resolved("unconfirmed") : was;
}

function openLife(was: Life, streams: readonly Stream[], options: IncidentOptions): Life {
  // An hour's or a day's window sees the same fault long after it is over; only the finest windows keep it open.
  const finestMs = Math.min(...streams.map((stream) => stream.windowSizeMs));
  const finest = streams.filter((stream) => stream.windowSizeMs === finestMs);
  if (finest.every((stream) => stream.okCount >= options.resolveWindows)) return resolved("recovered");
  const quiet = (s: Stream) =>
    s.okCount >= options.resolveWindows || s.sinceCount >= options.unobservedWindowsMax;
  return finest.every(quiet) ? resolved("unobserved") : was;
}

function streamsOf(ledger: Ledger, confirmed: ReadonlySet<string>): readonly Stream[] {
  const notesByStream = new Map<string, WindowNote[]>();
  for (const note of ledger.notes) {
    const notes = notesByStream.get(streamOf(note));
    if (notes === undefined) notesByStream.set(streamOf(note), [note]);
    else notes.push(note);
  }
  // A stream whose anomalous windows were all folded away still holds: its notes are all younger than them.
  const folded = (key: string) => ledger.folded.confirmed.some((subject) => subject.startsWith(`${key}|`));
  const streams: Stream[] = [];
  for (const [key, notes] of notesByStream) {
    const last = notes.findLastIndex((note) => holds(note, confirmed));
    if (last < 0 && !folded(key)) continue;
    const since = notes.slice(last + 1);
    streams.push({
      windowSizeMs: notes[0]!.windowSizeMs,
      okCount: since.filter((note) => note.judgedOk).length,
      sinceCount: since.length,
    });
  }
  return streams;
}

function resolved(closing: Closing): Life {
  return { state: "resolved", closing };
}
