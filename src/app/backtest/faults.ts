/** The faults that a backtest makes, their sizes, and how a person writes them: "drop=10%,50% shift=0.5". */
import { hashText, type Random, seededRandom } from "../../base/random.ts";
import type { CompleteWindow } from "../../rollup/complete-window.ts";
import { finiteCountOf, type Profile } from "../../sketch/profile.ts";
import type { ProfileRow } from "../../store/contract.ts";
import {
  keepRecords,
  leftOf,
  loseValues,
  moveNumbers,
  replaceCategories,
  replaceNumbers,
  topCategory,
} from "./damage-profile.ts";

export type FaultKind = "drop" | "shift" | "scale" | "nulls" | "new-category" | "stale";

export interface Fault {
  readonly kind: FaultKind;
  readonly size: number;
}

interface KindOfFault {
  readonly says: string;
  /** Sizes made when none are named. */
  readonly sizes: readonly number[];
  /** In [0, 1]: written in per cent. */
  readonly isShare: boolean;
  /** Which features it can happen to; undefined for one that happens to all records. */
  readonly fits: ((profile: Profile) => boolean) | undefined;
}

export const FAULTS: Readonly<Record<FaultKind, KindOfFault>> = {
  drop: { says: "records lost", sizes: [0.1, 0.2, 0.3, 0.5, 1], isShare: true, fits: undefined },
  shift: {
    says: "numbers moved, in standard deviations",
    sizes: [0.1, 0.25, 0.5, 1],
    isShare: false,
    fits: hasNumbers,
  },
  scale: { says: "numbers multiplied", sizes: [1.1, 2, 100], isShare: false, fits: hasNumbers },
  nulls: { says: "values lost", sizes: [0.01, 0.05, 0.2, 1], isShare: true, fits: hasValues },
  "new-category": {
    says: "values that become a name never seen",
    sizes: [0.005, 0.02, 0.1],
    isShare: true,
    fits: hasCategories,
  },
  stale: { says: "values that stick at one value", sizes: [0.1, 0.5, 1], isShare: true, fits: hasValues },
};

export const DEFAULT_FAULTS: readonly Fault[] = Object.entries(FAULTS).flatMap(([kind, { sizes }]) =>
  sizes.map((size) => ({ kind: kind as FaultKind, size })),
);

/** "30 %", "×2", "0.5 sd". */
export function sizeText({ kind, size }: Fault): string {
  if (FAULTS[kind].isShare) return `${Number((size * 100).toPrecision(3))} %`;
  return kind === "scale" ? `×${size}` : `${size} sd`;
}

/** @returns what is wrong with the text, when it cannot be read. */
export function parseFaults(text: string): readonly Fault[] | string {
  const faults: Fault[] = [];
  for (const word of text.split(/[\s;]+/).filter((each) => each !== "")) {
    const [kind, sizes] = word.split("=");
    if (!(kind! in FAULTS))
      return `no fault is called "${kind}"; there are ${Object.keys(FAULTS).join(", ")}`;
    const known = FAULTS[kind as FaultKind];
    const read =
      sizes === undefined ? known.sizes : sizes.split(",").map((size) => parseSize(size, known.isShare));
    if (read.some((size) => !isSize(size, known.isShare)))
      return `"${word}": sizes of ${kind} are ${known.isShare ? "shares such as 10% or 0.1, at most 100%" : "positive numbers"}, with commas between`;
    faults.push(...read.map((size) => ({ kind: kind as FaultKind, size })));
  }
  return faults.length === 0 ? "no fault was named" : faults;
}

function parseSize(text: string, isShare: boolean): number {
  const [, number, percent] = /^([\d.]+)(%?)$/.exec(text.trim()) ?? [];
  if (number === undefined || (percent === "%" && !isShare)) return Number.NaN;
  return Number(number) / (percent === "%" ? 100 : 1);
}

function isSize(size: number, isShare: boolean): boolean {
  return size > 0 && (!isShare || size <= 1) && Number.isFinite(size);
}

/** Features of the window that the fault can happen to, by name; `["*"]` for one that happens to all records. */
export function victimsOf({ kind }: Fault, { profiles }: CompleteWindow): readonly string[] {
  const { fits } = FAULTS[kind];
  if (fits === undefined) return ["*"];
  return profiles.filter((row) => row.kind === "feature" && fits(row.profile)).map(({ feature }) => feature);
}

/**
 * The window as it would have been.
 * @param victim the feature it happens to. @param before the last healthy window: a stale value is taken from it.
 */
export function damaged(
  { window, profiles }: CompleteWindow,
  fault: Fault,
  victim: string,
  before: CompleteWindow,
): CompleteWindow {
  const random = seededRandom(hashText(`${fault.kind}|${fault.size}|${victim}|${window.windowStartMs}`));
  if (fault.kind === "drop") return dropped({ window, profiles }, fault.size, random);
  const healthy = before.profiles.find(({ feature }) => feature === victim)?.profile;
  return {
    window,
    profiles: profiles.map((row) =>
      row.feature === victim && row.kind === "feature"
        ? { ...row, profile: damagedProfile(row.profile, fault, healthy ?? row.profile, random) }
        : row,
    ),
  };
}

/** With all records gone there are no profiles either, as in a lane that fell silent. */
function dropped({ window, profiles }: CompleteWindow, share: number, random: Random): CompleteWindow {
  const recordCount = leftOf(window.recordCount, 1 - share, random);
  const kept = recordCount / Math.max(1, window.recordCount);
  const left: ProfileRow[] =
    recordCount === 0
      ? []
      : profiles.map((row) => ({ ...row, recordCount, profile: keepRecords(row.profile, kept, random) }));
  return { window: { ...window, recordCount, profileCount: left.length }, profiles: left };
}

function damagedProfile(profile: Profile, { kind, size }: Fault, healthy: Profile, random: Random): Profile {
  switch (kind) {
    case "shift":
      return moveNumbers(profile, mover(healthy, size));
    case "scale":
      return moveNumbers(profile, (value) => value * size);
    case "nulls":
      return loseValues(profile, size, random);
    case "new-category":
      return replaceCategories(profile, size, "never-seen-before", random);
    case "stale":
      return hasNumbers(profile)
        ? replaceNumbers(profile, size, medianOf(healthy), random)
        : replaceCategories(profile, size, topCategory(healthy), random);
    case "drop":
      return profile;
  }
}

/** Decimals that all values keep; more than six, and they count as unrounded. */
const DECIMALS_MAX = 6;

/** Moved numbers keep their decimals: more of them would be another fault, and found at once. */
function mover(healthy: Profile, deviations: number): (value: number) => number {
  const deviation = Math.sqrt(healthy.m2 / Math.max(1, finiteCountOf(healthy)));
  const step = deviations * (deviation > 0 ? deviation : Math.max(1, Math.abs(healthy.mean)));
  const decimals = decimalsOf(healthy.quantiles.items);
  if (decimals === undefined) return (value) => value + step;
  const unit = 10 ** decimals;
  const units = Math.max(1, Math.round(step * unit));
  return (value) => Math.round(value * unit + units) / unit;
}

function decimalsOf(values: Float64Array): number | undefined {
  for (let decimals = 0; decimals <= DECIMALS_MAX; decimals++) {
    const unit = 10 ** decimals;
    if (values.every((value) => Math.round(value * unit) / unit === value)) return decimals;
  }
  return undefined;
}

function medianOf({ quantiles: { items, weights } }: Profile): number {
  const half = weights.reduce((sum, weight) => sum + weight, 0) / 2;
  let seen = 0;
  for (let i = 0; i < items.length; i++) {
    seen += weights[i]!;
    if (seen >= half) return items[i]!;
  }
  return 0;
}

function hasNumbers(profile: Profile): boolean {
  return finiteCountOf(profile) > profile.stringCount + profile.booleanCount;
}

function hasCategories(profile: Profile): boolean {
  return profile.stringCount > profile.numberCount && profile.stringCount > 0;
}

function hasValues(profile: Profile): boolean {
  return profile.presentCount > profile.nullCount;
}
