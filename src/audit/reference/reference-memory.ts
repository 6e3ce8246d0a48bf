/** What an auditor remembers of one feature against one named reference. Plain data, bounded. */
import type { Overdispersion } from "../../../detectors/contract.ts";
import { fitTail, HONEST_TAIL, PAST_MAX, type Tail } from "../past/calibration.ts";
import { emptyScatter, noteScatter, overdispersionOf, type Scatter } from "../past/overdispersion.ts";
import { pushBounded, pushSingle } from "../quantile.ts";

/** Windows over which an alert must show twice before it may page. */
const PERSISTENCE_WINDOWS = 3;
/** Accepted windows of a pair of lanes from which their own scatter is believed, and how often it is looked at again. */
const PAIR_WINDOWS_MIN = 12;
const REFIT_EVERY = 8;
/** An episode of difference is over when nothing alerted for so long; only its beginning pages. */
const EPISODE_MS = 7 * 86_400_000;
const EPISODE_WINDOWS = 24;
/** Windows in a row that must agree before a lasting difference may be called over. */
const QUIET_WINDOWS = 24;

export interface PairMemory {
  /** Starts of the newest windows that alerted. */
  alertsMs: number[];
  /** When the present episode first could page; NaN while there is none. */
  pagedMs: number;
  /** Of two lanes' same windows, accepted ones only. */
  scatter: Scatter | undefined;
  overdispersion: Overdispersion | undefined;
  acceptedCount: number;
  /** By detector. */
  pasts: Record<string, { significances: number[]; tail: Tail }>;
}

/** By reference, then feature. */
export type ReferenceMemory = Record<string, Record<string, PairMemory>>;

export function emptyPair(): PairMemory {
  return {
    alertsMs: [],
    pagedMs: Number.NaN,
    scatter: undefined,
    overdispersion: undefined,
    acceptedCount: 0,
    pasts: {},
  };
}

/** True while a difference that may have paged is not over. Weaker evidence says then that it lasts. */
export function inEpisode(pair: PairMemory, startMs: number, windowSizeMs: number): boolean {
  const lastMs = pair.alertsMs.at(-1) ?? Number.NEGATIVE_INFINITY;
  return (
    !Number.isNaN(pair.pagedMs) && startMs - lastMs <= Math.max(EPISODE_MS, EPISODE_WINDOWS * windowSizeMs)
  );
}

/** True while a lasting difference has not been away for a day of windows: one window that agrees ends nothing. */
export function isUnsettled(pair: PairMemory, startMs: number, windowSizeMs: number): boolean {
  const lastMs = pair.alertsMs.at(-1) ?? Number.NEGATIVE_INFINITY;
  return !Number.isNaN(pair.pagedMs) && startMs - lastMs <= QUIET_WINDOWS * windowSizeMs;
}

/**
 * Notes an alert and says what it may cause: a lasting difference pages once, when it shows for the second time, and
 * then only warns until it has been away for an episode's length. What is certain need not show twice.
 */
export function noteAlert(
  pair: PairMemory,
  startMs: number,
  windowSizeMs: number,
  certain: boolean,
): "page" | "warn" {
  if (!inEpisode(pair, startMs, windowSizeMs)) pair.pagedMs = Number.NaN;
  pushBounded(pair.alertsMs, startMs, 2);
  const persists =
    pair.alertsMs.length === 2 && startMs - pair.alertsMs[0]! < PERSISTENCE_WINDOWS * windowSizeMs;
  // The second page of one window (another source of evidence, the same window judged again) is the first one's.
  if (Number.isNaN(pair.pagedMs) && (certain || persists)) pair.pagedMs = startMs;
  return pair.pagedMs === startMs ? "page" : "warn";
}

/** Folds in an accepted window of a pair of lanes. */
export function learnPair(
  pair: PairMemory,
  seen: {
    readonly sums: Parameters<typeof noteScatter>[1];
    readonly tally: Parameters<typeof noteScatter>[2];
    readonly catalog: Parameters<typeof noteScatter>[3];
  },
  significances: ReadonlyMap<string, number>,
): void {
  pair.scatter ??= emptyScatter();
  noteScatter(pair.scatter, seen.sums, seen.tally, seen.catalog);
  for (const [detector, significance] of significances) {
    pair.pasts[detector] ??= { significances: [], tail: HONEST_TAIL };
    pushSingle(pair.pasts[detector].significances, significance, PAST_MAX);
  }
  pair.acceptedCount++;
  if (pair.acceptedCount < PAIR_WINDOWS_MIN || pair.acceptedCount % REFIT_EVERY !== 0) return;
  pair.overdispersion = overdispersionOf(pair.scatter);
  for (const past of Object.values(pair.pasts)) past.tail = fitTail(past.significances, HONEST_TAIL);
}
