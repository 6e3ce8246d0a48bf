/** What a lane may be held to beside its own past: a baseline that people keep, or another lane's same window. */
import type { DistributionSnapshot, Severity } from "../../../detectors/contract.ts";

/** A part of a feature's profile that was really given; of the rest nothing may be concluded. */
export type Known = "counts" | "numbers" | "names" | "distinct";

/** Every part: what a profile has that was made here. */
export const ALL_KNOWN: ReadonlySet<Known> = new Set<Known>(["counts", "numbers", "names", "distinct"]);

/** One feature of a reference. Held by identity: what is derived from it is kept beside it. */
export interface ReferenceFeature {
  readonly snapshot: DistributionSnapshot;
  readonly known: ReadonlySet<Known>;
}

export interface NamedReference {
  /** "imported/training", "promoted/2026-10", "lane/eval" (verdict-name.ts). */
  readonly name: string;
  /** "fixed" is the same for every window; "lane" is another lane's same window. */
  readonly kind: "fixed" | "lane";
  /** The most that verdicts held to it may cause. */
  readonly severity: Severity;
  /** Windows merged into it; 1 for another lane's window, Infinity where it is not known (a whole training set). */
  readonly windowCount: number;
  readonly features: ReadonlyMap<string, ReferenceFeature>;
  /** Why nothing can be held to it in this window; "" when it can. */
  readonly missing: string;
  /** True where what is missing may still come. */
  readonly awaited: boolean;
}

const RANK: Readonly<Record<Severity, number>> = { info: 0, warn: 1, page: 2 };

/** The quieter of two severities. */
export function atMost(severity: Severity, most: Severity): Severity {
  return RANK[severity] <= RANK[most] ? severity : most;
}
