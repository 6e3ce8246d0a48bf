/**
 * Keeping what a lane is to be held to: profiles made elsewhere are imported, stored windows promoted, and either
 * retired. Nothing is ever deleted: who kept what, when and why can be told years later.
 */
import type { Severity } from "../../../detectors/contract.ts";
import { compilePattern } from "../../assign/lane.ts";
import type { Clock } from "../../base/clock.ts";
import { OperationalError } from "../../base/errors.ts";
import type { ForeignProfile } from "../../sketch/foreign-profile.ts";
import type { BaselineProfileRow, BaselineRow, Store } from "../../store/contract.ts";
import { mergeStoredWindows } from "./promotion.ts";

export interface BaselineName {
  readonly swimlane: string;
  readonly source: string;
  readonly name: string;
}

export interface Kept extends BaselineName {
  readonly by: string;
  readonly reason: string;
  readonly severity: Severity;
}

export interface ForeignFeature extends ForeignProfile {
  readonly feature: string;
  /** Records behind it, with or without the feature; those that had it when left out. */
  readonly recordCount?: number;
}

export interface ImportedBaseline extends Kept {
  readonly origin: string;
  /** Event time of the data; NaN when not known. */
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly windowCount: number;
  readonly features: readonly ForeignFeature[];
}

export interface PromotedBaseline extends Kept {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly windowSizeMs: number;
  /** Windows that were anomalous too: for a change that was meant. */
  readonly includeAnomalous: boolean;
}

interface Keeping {
  readonly store: Store;
  readonly clock: Clock;
}

const NAME_LENGTH_MAX = 128;
/** What a store acknowledged is visible well within this. */
const VISIBLE_MS_MAX = 30_000;
const LOOK_EVERY_MS = 100;

/** Imports under a new name, or adds features to (or replaces them in) the imported baseline of that name. */
export async function importBaseline(keeping: Keeping, imported: ImportedBaseline): Promise<BaselineRow> {
  checkName(imported.name);
  const { features, ...about } = imported;
  if (features.length === 0)
    throw failure("BASELINE_EMPTY", "No feature was given: there is nothing to hold a lane to.");
  const known = await activeBaseline(keeping.store, imported);
  if (known !== undefined && known.kind !== "imported") throw nameTaken(known);
  const changedAtMs = await nextInstant(keeping, imported);
  const createdAtMs = known?.createdAtMs ?? changedAtMs;
  const names = new Set(features.map(({ feature }) => feature));
  for (const row of known === undefined ? [] : await profilesOf(keeping, known)) names.add(row.feature);
  const row = newRow(about, "imported", {
    createdAtMs,
    changedAtMs,
    origin: [known?.origin, imported.origin].filter(Boolean).join(", ").slice(-4_000),
    excludedCount: 0,
    profileCount: names.size,
    heldFromMs: known?.heldFromMs ?? latest(await standOf(keeping.store, imported), imported.untilMs),
  });
  const { swimlane, source, name } = imported;
  const rows = features.map(({ feature, profile, known: parts, recordCount }): BaselineProfileRow => {
    const key = { createdAtMs, swimlane, source, name };
    return {
      ...key,
      feature,
      recordCount: recordCount ?? profile.presentCount,
      known: parts.join(" "),
      profile,
    };
  });
  return keep(keeping, row, rows);
}

export interface Promotion {
  readonly baseline: BaselineRow;
  /** By feature, windows that were left out because they were anomalous; features without any are not named. */
  readonly excluded: ReadonlyMap<string, number>;
}

/** Merges the stored windows of a span and keeps them under a name. */
export async function promoteBaseline(keeping: Keeping, promoted: PromotedBaseline): Promise<Promotion> {
  checkName(promoted.name);
  const known = await activeBaseline(keeping.store, promoted);
  if (known !== undefined) throw nameTaken(known);
  const merged = await mergeStoredWindows(keeping.store, promoted);
  const createdAtMs = await nextInstant(keeping, promoted);
  const { swimlane, source, name } = promoted;
  const rows = merged.features.map(
    ({ feature, recordCount, profile }): BaselineProfileRow => ({
      createdAtMs,
      swimlane,
      source,
      name,
      feature,
      recordCount,
      known: "counts numbers names distinct",
      profile,
    }),
  );
  const row = newRow({ ...promoted, windowCount: merged.windowCount }, "promoted", {
    createdAtMs,
    changedAtMs: createdAtMs,
    origin: "",
    excludedCount: merged.excludedCount,
    profileCount: rows.length,
    heldFromMs: latest(await standOf(keeping.store, promoted), promoted.untilMs),
  });
  return { baseline: await keep(keeping, row, rows), excluded: merged.excluded };
}

/** From now on nothing is held to it. Its row and profiles stay. */
export async function retireBaseline(
  keeping: Keeping,
  retired: BaselineName & { readonly by: string; readonly reason: string },
): Promise<BaselineRow> {
  const known = await activeBaseline(keeping.store, retired);
  if (known === undefined) {
    const { swimlane, source, name } = retired;
    throw failure(
      "BASELINE_UNKNOWN",
      `Lane "${swimlane}", source "${source}" has no baseline "${name}" in use. "lanewatch baseline list" shows them.`,
    );
  }
  const nowMs = await nextInstant(keeping, retired);
  const heldUntilMs = latest(await standOf(keeping.store, retired), known.heldFromMs);
  return keep(
    keeping,
    {
      ...known,
      heldUntilMs: Number.isNaN(heldUntilMs) ? 0 : heldUntilMs,
      changedAtMs: nowMs,
      retiredAtMs: nowMs,
      retiredBy: retired.by,
      retiredReason: retired.reason,
    },
    [],
  );
}

async function activeBaseline(
  store: Store,
  { swimlane, source, name }: BaselineName,
): Promise<BaselineRow | undefined> {
  const rows = await store.readBaselines({ swimlane, source, name });
  return rows.filter((row) => Number.isNaN(row.retiredAtMs)).at(-1);
}

/** End of the newest window that is stored of the lanes it is for; NaN while there is none. */
async function standOf(store: Store, { swimlane, source }: BaselineName): Promise<number> {
  const pattern = compilePattern(swimlane);
  const lanes = (await store.readLanes()).filter(
    (lane) => lane.source === source && pattern.test(lane.swimlane),
  );
  return lanes.reduce((end, lane) => latest(end, lane.lastWindowMs + lane.windowSizeMs), Number.NaN);
}

/** The later of two times, of which either may not be known. */
function latest(a: number, b: number): number {
  return Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.max(a, b);
}

/** Now, but later than anything that was done under the name: the time is part of what names a baseline. */
async function nextInstant(
  { store, clock }: Keeping,
  { swimlane, source, name }: BaselineName,
): Promise<number> {
  const rows = await store.readBaselines({ swimlane, source, name });
  return Math.max(clock.nowMs(), ...rows.map(({ changedAtMs }) => changedAtMs + 1));
}

function newRow(
  about: Kept & { readonly sinceMs: number; readonly untilMs: number; readonly windowCount: number },
  kind: BaselineRow["kind"],
  rest: Pick<
    BaselineRow,
    "createdAtMs" | "changedAtMs" | "origin" | "excludedCount" | "profileCount" | "heldFromMs"
  >,
): BaselineRow {
  const { swimlane, source, name, by, reason, severity, sinceMs, untilMs, windowCount } = about;
  return {
    ...rest,
    swimlane,
    source,
    name,
    kind,
    severity,
    createdBy: by,
    reason,
    sinceMs,
    untilMs,
    windowCount,
    heldUntilMs: Number.NaN,
    retiredAtMs: Number.NaN,
    retiredBy: "",
    retiredReason: "",
  };
}

/** Resolves once readers see it, so that whoever asks next (a second import, a restarted worker) finds it. */
async function keep(
  { store, clock }: Keeping,
  row: BaselineRow,
  profiles: readonly BaselineProfileRow[],
): Promise<BaselineRow> {
  await store.writeBaseline(row, profiles);
  const untilMs = clock.elapsedMs() + VISIBLE_MS_MAX;
  for (;;) {
    const { swimlane, source, name } = row;
    const rows = await store.readBaselines({ swimlane, source, name });
    const visible = rows.some(
      (each) => each.createdAtMs === row.createdAtMs && each.changedAtMs === row.changedAtMs,
    );
    if (visible && (await store.readBaselineProfiles(row)) !== undefined) return row;
    if (clock.elapsedMs() > untilMs) {
      throw failure(
        "BASELINE_NOT_VISIBLE",
        `The store acknowledged baseline "${name}" and does not show it after ${VISIBLE_MS_MAX / 1000} s. It is safe and will be held to once it shows; look with "lanewatch baseline list" before doing it again.`,
      );
    }
    await clock.sleep(LOOK_EVERY_MS);
  }
}

async function profilesOf({ store }: Keeping, known: BaselineRow): Promise<readonly BaselineProfileRow[]> {
  const rows = await store.readBaselineProfiles(known);
  if (rows !== undefined) return rows;
  throw failure(
    "BASELINE_NOT_VISIBLE",
    `The store does not show all features of baseline "${known.name}" yet. Nothing was changed; try again in a moment.`,
  );
}

function nameTaken(known: BaselineRow): OperationalError {
  return failure(
    "BASELINE_EXISTS",
    `Lane "${known.swimlane}", source "${known.source}" already has a ${known.kind} baseline "${known.name}" by ${known.createdBy}. Nothing was changed. Retire it first ("lanewatch baseline retire"), or choose another name.`,
  );
}

function checkName(name: string): void {
  if (name.trim() !== "" && name.length <= NAME_LENGTH_MAX) return;
  throw failure(
    "BASELINE_NAME_INVALID",
    `A baseline's name has 1 to ${NAME_LENGTH_MAX} characters; "${name.slice(0, 40)}" has not.`,
  );
}

function failure(code: string, message: string): OperationalError {
  return new OperationalError(message, { code, retryable: false });
}
