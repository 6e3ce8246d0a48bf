/** Muting by hand: what a silence hides is still judged, kept and shown; only nobody is told. Every silence ends. */
import type { StateRow } from "../store/contract.ts";
import { type Matched, type Matcher, matches } from "./matcher.ts";

export interface Silence extends Matcher {
  readonly id: string;
  /** Half-open, wall clock, epoch milliseconds. */
  readonly startMs: number;
  readonly endMs: number;
  readonly reason: string;
  readonly createdBy: string;
}

/** The key under which all silences are kept in the store's states, as one JSON list. */
const SILENCES_KEY = "incident/silences";
/** Longer ones are a decision to stop monitoring, which belongs in the configuration. */
const SILENCE_LENGTH_MS_MAX = 30 * 86_400_000;
const SILENCE_COUNT_MAX = 1_000;
const REMEMBERED_MS = 86_400_000;

/** Where silences are kept; a Store is one. */
export interface SilenceStore {
  readState(key: string): Promise<string | undefined>;
  writeStates(rows: readonly StateRow[]): Promise<void>;
}

/** The silence in force that covers the incident, if any. */
export function silenceOf(
  silences: readonly Silence[],
  incident: Matched,
  nowMs: number,
): Silence | undefined {
  return silences.find(
    (silence) => silence.startMs <= nowMs && nowMs < silence.endMs && matches(silence, incident),
  );
}

export async function readSilences(store: SilenceStore): Promise<readonly Silence[]> {
  const text = await store.readState(SILENCES_KEY);
  return text === undefined ? [] : (JSON.parse(text) as readonly Silence[]);
}

/**
 * Adds a silence, or replaces the one with its id (ending it early is writing it with an earlier end).
 * Forgets those that ended more than a day ago: an incident that they covered may still have to be judged muted.
 * @throws {RangeError} for a silence without an end, or longer than {@link SILENCE_LENGTH_MS_MAX}.
 */
export async function writeSilence(store: SilenceStore, silence: Silence, nowMs: number): Promise<void> {
  const lengthMs = silence.endMs - silence.startMs;
  if (!(lengthMs >= 0 && lengthMs <= SILENCE_LENGTH_MS_MAX)) {
    throw new RangeError("A silence needs an end, at most 30 days after its start.");
  }
  const others = (await readSilences(store)).filter(
    (old) => old.id !== silence.id && old.endMs > nowMs - REMEMBERED_MS,
  );
  if (others.length >= SILENCE_COUNT_MAX)
    throw new RangeError(`There are ${SILENCE_COUNT_MAX} silences already; end some.`);
  await store.writeStates([{ key: SILENCES_KEY, value: JSON.stringify([...others, silence]) }]);
}
