/** How bad an incident is, and whether it has got worse since people were last told. */
import { confirmedSubjects, type Ledger, memberOf, severityRankOf, subjectOf } from "./ledger.ts";
import type { IncidentOptions } from "./options.ts";

/** Plain data: kept with the incident, so that a restart compares against the same mark. */
export interface Gravity {
  /** 0 info, 1 warn, 2 page. */
  readonly severityRank: number;
  /** Features (of a source and window size), or lanes for an incident above several. */
  readonly subjectCount: number;
  /** Largest |effect| by member. Detectors measure in different units, so a member is held to itself only. */
  readonly effects: Readonly<Record<string, number>>;
}

const EFFECT_COUNT_MAX = 50;
/** One feature becoming two is within what one fault does as it spreads over a window's edge. */
const SUBJECT_GROWTH_MIN = 3;

export function gravityOf(ledger: Ledger, options: IncidentOptions): Gravity {
  const confirmed = confirmedSubjects(ledger, options);
  const effects: Record<string, number> = {};
  for (const note of ledger.notes) {
    for (const sighting of note.sightings) {
      if (!confirmed.has(subjectOf(note, sighting)) || !Number.isFinite(sighting.effect)) continue;
      const member = memberOf(sighting);
      if (!(member in effects) && Object.keys(effects).length >= EFFECT_COUNT_MAX) continue;
      effects[member] = Math.max(effects[member] ?? 0, Math.abs(sighting.effect));
    }
  }
  return { severityRank: severityRankOf(ledger), subjectCount: confirmed.size, effects };
}

/** Worse: louder, twice as wide, or a known part of it twice as strong. */
export function hasWorsened(told: Gravity, now: Gravity, worsenedFactor: number): boolean {
  if (now.severityRank > told.severityRank) return true;
  const wider = now.subjectCount - told.subjectCount;
  if (wider >= SUBJECT_GROWTH_MIN && now.subjectCount >= 2 * told.subjectCount) return true;
  return Object.entries(now.effects).some(([member, effect]) => {
    const before = told.effects[member];
    return before !== undefined && before > 0 && effect >= worsenedFactor * before;
  });
}
