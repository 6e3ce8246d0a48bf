/**
 * A ledger, small: it is written with the incident at every window, and one with many features would otherwise be a
 * megabyte of repeated names. Names are listed once and referred to by place.
 */
import type { Folded, Ledger, WindowNote } from "./ledger.ts";
import { type Sighting, severityRank, type Witness } from "./sighting.ts";

export interface PackedLedger {
  readonly sources: readonly string[];
  /** [feature, detector]. */
  readonly members: readonly (readonly [string, string])[];
  readonly notes: readonly PackedNote[];
  readonly folded: Folded;
}

/** [place of the source, size, start, judged ok (0 or 1), omitted, sightings]. */
type PackedNote = readonly [number, number, number, number, number, readonly PackedSighting[]];
/** [place of the member, severity's rank × 2 + certain, effect]. */
type PackedSighting = readonly [number, number, number];

const SEVERITIES = ["info", "warn", "page"] as const;

export function packLedger({ notes, folded }: Ledger): PackedLedger {
  const sources = new Places<string>((source) => source);
  const members = new Places<readonly [string, string]>(([feature, detector]) => `${detector}|${feature}`);
  const packed = notes.map(
    (note): PackedNote => [
      sources.of(note.source),
      note.windowSizeMs,
      note.windowStartMs,
      Number(note.judgedOk),
      note.omittedCount,
      note.sightings.map((s) => [
        members.of([s.feature, s.detector]),
        severityRank[s.severity] * 2 + Number(s.certain),
        s.effect,
      ]),
    ],
  );
  return { sources: sources.list, members: members.list, notes: packed, folded };
}

/** The inverse, exactly. */
export function unpackLedger(
  { sources, members, notes, folded }: PackedLedger,
  witnesses: readonly Witness[],
): Ledger {
  const sighting = ([place, code, effect]: PackedSighting): Sighting => {
    const [feature, detector] = members[place]!;
    return { feature, detector, severity: SEVERITIES[code >> 1]!, certain: code % 2 === 1, effect };
  };
  const note = ([
    source,
    windowSizeMs,
    windowStartMs,
    judgedOk,
    omittedCount,
    sightings,
  ]: PackedNote): WindowNote => ({
    source: sources[source]!,
    windowSizeMs,
    windowStartMs,
    judgedOk: judgedOk === 1,
    omittedCount,
    sightings: sightings.map(sighting),
  });
  return { notes: notes.map(note), witnesses, folded };
}

/** Gives each different thing its place in a list. */
class Places<T> {
  readonly list: T[] = [];
  readonly #keyOf: (thing: T) => string;
  readonly #places = new Map<string, number>();

  constructor(keyOf: (thing: T) => string) {
    this.#keyOf = keyOf;
  }

  of(thing: T): number {
    const key = this.#keyOf(thing);
    const place = this.#places.get(key) ?? this.list.push(thing) - 1;
    this.#places.set(key, place);
    return place;
  }
}
