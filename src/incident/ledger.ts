/**
 * What an incident remembers of its windows. Everything that is said about an incident (its members, its span,
 * whether it persists, whether it is over) is computed from the ledger, never counted along. So a window that late
 * data re-judged simply replaces its note, and the incident becomes what it would have been from the start.
 */
import { compareText, compareWitnesses, type Sighting, severityRank, type Witness } from "./sighting.ts";

/** One judged window of a source, from the first anomaly on. */
export interface WindowNote {
  readonly source: string;
  readonly windowSizeMs: number;
  readonly windowStartMs: number;
  /** A test that belongs to the incident answered `ok` here: the window counts as evidence of recovery. */
  readonly judgedOk: boolean;
  readonly sightings: readonly Sighting[];
  /** Anomalies beyond the bound; counted only. */
  readonly omittedCount: number;
}

/** Plain data; pack.ts writes it small into the incident's row. */
export interface Ledger {
  /** By window start, then size, then source. */
  readonly notes: readonly WindowNote[];
  /** The verdicts that say most, worst first. */
  readonly witnesses: readonly Witness[];
  /** What is left of notes past the bound. */
  readonly folded: Folded;
}

export interface Folded {
  readonly verdictCount: number;
  readonly members: readonly string[];
  readonly sources: readonly string[];
  /** Subjects that were confirmed when their notes were folded. */
  readonly confirmed: readonly string[];
  readonly severityRankMax: number;
}

export interface LedgerLimits {
  readonly noteCountMax: number;
  readonly persistenceWindows: number;
  readonly persistenceAnomalous: number;
}

export const emptyLedger: Ledger = {
  notes: [],
  witnesses: [],
  folded: { verdictCount: 0, members: [], sources: [], confirmed: [], severityRankMax: -1 },
};

const WITNESS_COUNT_MAX = 8;
const FOLDED_NAMES_MAX = 200;

/** Puts a window's note in place of the one it may have had. */
export function putNote(
  ledger: Ledger,
  note: WindowNote,
  witnesses: readonly Witness[],
  limits: LedgerLimits,
): Ledger {
  const notes = [...ledger.notes.filter((old) => !sameWindow(old, note)), note].sort(compareNotes);
  const all = [...ledger.witnesses.filter((old) => !sameWindow(old, note)), ...witnesses];
  const put = { ...ledger, notes, witnesses: chooseWitnesses(all) };
  return notes.length > limits.noteCountMax ? foldOldest(put, limits) : put;
}

/** Streams are windows of one size of one source: the unit within which windows follow one another. */
export function streamOf(note: { readonly source: string; readonly windowSizeMs: number }): string {
  return `${note.windowSizeMs}|${note.source}`;
}

/** A subject is one feature of one stream, whichever detector sees it: what has to persist. */
export function subjectOf(note: WindowNote, sighting: Sighting): string {
  return `${streamOf(note)}|${sighting.feature}`;
}

/** A ledger never changes, and each observation asks several times: both answers below are worked out once. */
const confirmedOnce = new WeakMap<Ledger, ReadonlySet<string>>();
const membersOnce = new WeakMap<Ledger, readonly string[]>();

/** Subjects whose anomaly was certain, loud enough to page, or came again soon enough. */
export function confirmedSubjects(ledger: Ledger, limits: LedgerLimits): ReadonlySet<string> {
  const known = confirmedOnce.get(ledger) ?? findConfirmed(ledger, limits);
  confirmedOnce.set(ledger, known);
  return known;
}

function findConfirmed(ledger: Ledger, limits: LedgerLimits): ReadonlySet<string> {
  const confirmed = new Set(ledger.folded.confirmed);
  const startsBySubject = new Map<string, number[]>();
  for (const note of ledger.notes) {
    for (const sighting of note.sightings) {
      if (sighting.severity === "info") continue;
      const subject = subjectOf(note, sighting);
      if (sighting.certain || sighting.severity === "page") confirmed.add(subject);
      const starts = startsBySubject.get(subject) ?? [];
      if (starts.at(-1) !== note.windowStartMs) starts.push(note.windowStartMs);
      startsBySubject.set(subject, starts);
      if (persists(starts, note.windowSizeMs, limits)) confirmed.add(subject);
    }
  }
  return confirmed;
}

/** True when the window holds an anomaly that keeps the incident alive: of a confirmed subject, or any while none is. */
export function holds(note: WindowNote, confirmed: ReadonlySet<string>): boolean {
  return note.sightings.some(
    (s) => s.severity !== "info" && (confirmed.size === 0 || confirmed.has(subjectOf(note, s))),
  );
}

/** Sorted "feature:detector" of every anomaly. A comma in a feature's name would split it; it becomes a blank. */
export function membersOf(ledger: Ledger): readonly string[] {
  const known = membersOnce.get(ledger) ?? findMembers(ledger);
  membersOnce.set(ledger, known);
  return known;
}

function findMembers(ledger: Ledger): readonly string[] {
  const members = new Set(ledger.folded.members);
  for (const note of ledger.notes) for (const s of note.sightings) members.add(memberOf(s));
  return [...members].sort(compareText);
}

export function memberOf(sighting: { readonly feature: string; readonly detector: string }): string {
  return `${sighting.feature.replaceAll(",", " ")}:${sighting.detector}`;
}

export function sourcesOf(ledger: Ledger): readonly string[] {
  const sources = new Set(ledger.folded.sources);
  for (const note of ledger.notes) if (note.sightings.length > 0) sources.add(note.source);
  return [...sources].sort(compareText);
}

export function verdictCountOf(ledger: Ledger): number {
  return ledger.notes.reduce(
    (sum, n) => sum + n.sightings.length + n.omittedCount,
    ledger.folded.verdictCount,
  );
}

export function severityRankOf(ledger: Ledger): number {
  let rank = ledger.folded.severityRankMax;
  for (const note of ledger.notes)
    for (const s of note.sightings) rank = Math.max(rank, severityRank[s.severity]);
  return rank;
}

export function sameWindow(
  a: { readonly source: string; readonly windowSizeMs: number; readonly windowStartMs: number },
  b: { readonly source: string; readonly windowSizeMs: number; readonly windowStartMs: number },
): boolean {
  return a.windowStartMs === b.windowStartMs && a.windowSizeMs === b.windowSizeMs && a.source === b.source;
}

/** Are the newest `persistenceAnomalous` starts within `persistenceWindows` windows? */
function persists(starts: readonly number[], windowSizeMs: number, limits: LedgerLimits): boolean {
  const first = starts.at(-limits.persistenceAnomalous);
  return first !== undefined && starts.at(-1)! - first < limits.persistenceWindows * windowSizeMs;
}

function compareNotes(a: WindowNote, b: WindowNote): number {
  return (
    a.windowStartMs - b.windowStartMs || a.windowSizeMs - b.windowSizeMs || compareText(a.source, b.source)
  );
}

/** One witness a subject and detector, the worst of its windows; of those the worst few. */
function chooseWitnesses(witnesses: readonly Witness[]): readonly Witness[] {
  const worst = new Map<string, Witness>();
  for (const witness of [...witnesses].sort(
    (a, b) => compareWitnesses(a, b) || a.windowStartMs - b.windowStartMs,
  )) {
    const key = `${streamOf(witness)}|${memberOf(witness)}`;
    if (!worst.has(key)) worst.set(key, witness);
  }
  return [...worst.values()].slice(0, WITNESS_COUNT_MAX);
}

function foldOldest(ledger: Ledger, limits: LedgerLimits): Ledger {
  const [oldest, ...notes] = ledger.notes;
  const { folded } = ledger;
  const members = new Set([...folded.members, ...oldest!.sightings.map(memberOf)]);
  return {
    ...ledger,
    notes,
    folded: {
      verdictCount: folded.verdictCount + oldest!.sightings.length + oldest!.omittedCount,
      members: [...members].sort(compareText).slice(0, FOLDED_NAMES_MAX),
      sources: [...new Set([...folded.sources, ...oldest!.sightings.map(() => oldest!.source)])]
        .sort(compareText)
        .slice(0, FOLDED_NAMES_MAX),
      confirmed: [...confirmedSubjects(ledger, limits)].sort(compareText).slice(0, FOLDED_NAMES_MAX),
      severityRankMax: Math.max(
        folded.severityRankMax,
        ...oldest!.sightings.map((s) => severityRank[s.severity]),
      ),
    },
  };
}
