/**
 * Categories: names that the reference never had, and misspelt ones.
 *
 * Held to the frozen reference's names. A name that keeps coming in accepted windows becomes known by name (a new
 * carrier, a new product); all others stay new, so that "NONE" cannot hide in its shadow.
 * Pure: no clock, no I/O, no randomness.
 */
import type { DistributionDetector, DistributionSnapshot, Reference, Verdict } from "../contract.ts";
import { emptyNovelty, forgetHits, learnNovelty, type Novelty, noveltySignificance } from "../lib/novelty.ts";
import { insufficient, judged } from "../lib/verdicts.ts";
import { percent } from "../lib/words.ts";

export interface CategoriesOptions {
  /** Fewest categories' values in the window. @default 5 */
  readonly valueCountMin: number;
  /** −log10 p from which it is anomalous in theory; the page budget asks for more. @default 3 */
  readonly significanceMin: number;
}

export interface CategoriesMemory {
  unseen: Novelty;
  /** Names that became known after the reference. */
  known: Set<string>;
  /** New names by the accepted windows (numbered) in which they came, and how often. */
  sightings: Map<string, Sighting[]>;
  windowCount: number;
  /** Names of the reference's windows so far, while it is gone through; empty afterwards. */
  gathering: Set<string>;
  gatheredWindows: number;
}

interface Sighting {
  readonly window: number;
  readonly count: number;
}

/** A new name is known once it came in so many of the newest accepted windows. */
const KNOWN_SIGHTINGS = 5;
const KNOWN_WINDOWS = 12;
/** New names followed at a time, and names known since; beyond it they stay new. */
const NAMES_MAX = 1_000;
/** Windows of the reference before new names in it say how fast they come; names kept meanwhile. */
const GATHERED_WINDOWS_MIN = 12;
const GATHERED_NAMES_MAX = 10_000;
/** A near-duplicate of a known name needs no statistics; each one adds a decade. */
const NEAR_DUPLICATE_SIGNIFICANCE = 4.9;

export const categories: DistributionDetector<CategoriesOptions, CategoriesMemory> = {
  input: "distribution",
  name: "categories",
  summary: "Names never seen before, and known names misspelt by case or blanks.",
  defaults: { valueCountMin: 5, significanceMin: 3 },
  featureKinds: ["category", "flag"],
  heldTo: "frozen",
  start: () => ({
    unseen: emptyNovelty(),
    known: new Set(),
    sightings: new Map(),
    windowCount: 0,
    gathering: new Set(),
    gatheredWindows: 0,
  }),
  judge: (reference, current, memory, _context, options) =>
    judgeCategories(reference, current, memory, options),
  learn: (reference, current, verdict, memory) => learnCategories(reference, current, verdict, memory),
};

interface Unseen {
  readonly names: readonly {
    readonly name: string;
    readonly count: number;
    readonly like: string | undefined;
  }[];
  readonly count: number;
  /** Of them, those that equal a known name but for case and blanks. */
  readonly nearCount: number;
}

function judgeCategories(
  reference: Reference,
  current: DistributionSnapshot,
  memory: CategoriesMemory,
  options: CategoriesOptions,
): Verdict {
  const values = current.stringCount + current.booleanCount;
  const lexicon = lexiconOf(reference);
  if (values < options.valueCountMin || lexicon.valueCount === 0) return insufficient("too few values");
  const unseen = unseenOf(lexicon, current, memory);
  const prior = { hits: lexicon.singletonCount + 1, records: lexicon.valueCount };
  const statistical = noveltySignificance(memory.unseen, prior, unseen.count, values);
  const near = unseen.nearCount > 0 ? NEAR_DUPLICATE_SIGNIFICANCE + unseen.nearCount : 0;
  const significance = Math.max(statistical, near);
  return judged(significance >= options.significanceMin, {
    statistic: unseen.count / values,
    threshold: 0,
    effect: unseen.count / values,
    significance,
    sketchError: current.categoryErrorMax / values,
    certain: unseen.nearCount > 0,
    selfCalibrated: true,
    summary: summaryOf(unseen, values),
    parts: unseen.names.slice(0, 20).map(({ name, count }) => {
      return { label: name, reference: 0, current: count / values, contribution: count / values };
    }),
  });
}

function summaryOf(unseen: Unseen, values: number): string {
  if (unseen.count === 0) return "no names that the reference never had";
  const named = unseen.names.slice(0, 3).map(({ name, count, like }) => {
    const hint = like === undefined ? "" : ` like "${like}"`;
    return `${JSON.stringify(name)}${hint} (${percent(count / values)})`;
  });
  const more = unseen.names.length > 3 ? ` and ${unseen.names.length - 3} more` : "";
  return `${unseen.count} of ${values} values never seen before: ${named.join(", ")}${more}`;
}

/** What was found in a window, by the state of the memory that it was looked for with. */
const found = new WeakMap<
  DistributionSnapshot,
  { readonly memory: CategoriesMemory; readonly windowCount: number; readonly in: Lexicon; unseen: Unseen }
>();

/** Needed twice: to judge the window and, once it is accepted, to learn from it. */
function unseenOf(lexicon: Lexicon, current: DistributionSnapshot, memory: CategoriesMemory): Unseen {
  const last = found.get(current);
  const same = last?.memory === memory && last.windowCount === memory.windowCount && last.in === lexicon;
  if (same) return last.unseen;
  const unseen = lookUp(lexicon, current, memory);
  found.set(current, { memory, windowCount: memory.windowCount, in: lexicon, unseen });
  return unseen;
}

function lookUp(lexicon: Lexicon, current: DistributionSnapshot, memory: CategoriesMemory): Unseen {
  const names = [];
  let count = 0;
  let nearCount = 0;
  for (const { name, count: times } of current.categories) {
    if (times === 0 || lexicon.names.has(name) || memory.known.has(name)) continue;
    const like = lexicon.folded.get(folded(name));
    names.push({ name, count: times, like });
    count += times;
    if (like !== undefined) nearCount += times;
  }
  return { names, count, nearCount };
}

function learnCategories(
  reference: Reference,
  current: DistributionSnapshot,
  verdict: Verdict,
  memory: CategoriesMemory,
): CategoriesMemory {
  if (verdict.answer === "insufficient") return gather(memory, current);
  memory.gathering.clear();
  const unseen = unseenOf(lexiconOf(reference), current, memory);
  memory.windowCount++;
  learnNovelty(memory.unseen, unseen.count, current.stringCount + current.booleanCount);
  for (const { name, count } of unseen.names) noteSighting(memory, name, count);
  return memory;
}

/**
 * Goes through the reference window by window: how many values had names that no window before had? Said of its
 * later half, this is how fast names still come, and in what clumps, also where a sketch dropped the rarest names.
 */
function gather(memory: CategoriesMemory, current: DistributionSnapshot): CategoriesMemory {
  if (memory.windowCount > 0) return memory;
  let hits = 0;
  for (const { name, count } of current.categories) {
    if (memory.gathering.has(name)) continue;
    hits += count;
    if (memory.gathering.size < GATHERED_NAMES_MAX) memory.gathering.add(name);
  }
  if (memory.gatheredWindows++ >= GATHERED_WINDOWS_MIN) {
    learnNovelty(memory.unseen, hits, current.stringCount + current.booleanCount);
  }
  return memory;
}

function noteSighting(memory: CategoriesMemory, name: string, count: number): void {
  const since = memory.windowCount - KNOWN_WINDOWS;
  const earlier = (memory.sightings.get(name) ?? []).filter(({ window }) => window > since);
  const sightings = [...earlier, { window: memory.windowCount, count }];
  memory.sightings.delete(name);
  if (sightings.length >= KNOWN_SIGHTINGS && memory.known.size < NAMES_MAX) {
    memory.known.add(name);
    // It never was a surprise: what it added to the rate of surprises must not shelter the next one.
    for (const { window, count: hits } of sightings) {
      forgetHits(memory.unseen, hits, memory.windowCount - window);
    }
    return;
  }
  if (memory.sightings.size >= NAMES_MAX) dropOldest(memory.sightings);
  memory.sightings.set(name, sightings);
}

/** A map keeps the order of insertion: the first is the one seen longest ago. */
function dropOldest(sightings: Map<string, Sighting[]>): void {
  for (const name of sightings.keys()) {
    sightings.delete(name);
    return;
  }
}

interface Lexicon {
  readonly names: ReadonlySet<string>;
  /** Known names by their folded form. */
  readonly folded: ReadonlyMap<string, string>;
  readonly valueCount: number;
  /** Names that came once: by Good and Turing, their share is the chance that the next value is new. */
  readonly singletonCount: number;
}

/** Derived from a frozen snapshot, so it may be remembered beside it. */
const lexicons = new WeakMap<DistributionSnapshot, Lexicon>();

function lexiconOf(reference: Reference): Lexicon {
  let lexicon = lexicons.get(reference.snapshot);
  if (lexicon === undefined) {
    const { categories: known, stringCount, booleanCount } = reference.snapshot;
    lexicon = {
      names: new Set(known.map(({ name }) => name)),
      folded: new Map(known.map(({ name }) => [folded(name), name])),
      valueCount: stringCount + booleanCount,
      singletonCount: known.filter(({ count }) => count === 1).length,
    };
    lexicons.set(reference.snapshot, lexicon);
  }
  return lexicon;
}

function folded(name: string): string {
  return name.trim().replace(/\s+/g, " ").toLowerCase();
}
