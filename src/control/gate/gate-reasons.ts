import type { GateReason } from "./wire-gate.ts";

/** Most reasons in one answer; the rest is counted in the last one. */
export const REASONS_MAX = 100;

/** What each kind of reason alone would answer; worst first, the order in which they are told. */
const ANSWERS: Readonly<Record<GateReason["kind"], GateReason["answer"]>> = {
  incident: "hold",
  anomalous: "hold",
  never_seen: "unknown",
  no_window_due: "unknown",
  missing: "unknown",
  not_judged: "unknown",
  revised: "unknown",
  insufficient: "unknown",
};
const KINDS = Object.keys(ANSWERS) as GateReason["kind"][];

/**
 * Collects why a gate may not pass. Reasons of one kind about one source and feature become one, with a count and
 * the span they cover, so that a day without records reads as one sentence.
 */
export class GateReasons {
  readonly #reasons = new Map<string, GateReason>();

  add(kind: GateReason["kind"], about: Omit<GateReason, "kind" | "answer" | "count">): void {
    const key = JSON.stringify([kind, about.source, about.feature]);
    const known = this.#reasons.get(key);
    this.#reasons.set(key, {
      ...(known && known.startMs > about.startMs ? known : about),
      kind,
      answer: ANSWERS[kind],
      count: (known?.count ?? 0) + 1,
      startMs: Math.min(about.startMs, known?.startMs ?? about.startMs),
      endMs: Math.max(about.endMs, known?.endMs ?? about.endMs),
    });
  }

  /** Worst kind first, then the latest; at most {@link REASONS_MAX}, the last of which counts those left out. */
  list(): readonly GateReason[] {
    const sorted = [...this.#reasons.values()].sort(
      (a, b) =>
        KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || b.endMs - a.endMs || compare(a.feature, b.feature),
    );
    if (sorted.length <= REASONS_MAX) return sorted;
    const told = sorted.slice(0, REASONS_MAX);
    const last = told[REASONS_MAX - 1]!;
    told[REASONS_MAX - 1] = {
      ...last,
      detail: `${last.detail} (and ${sorted.length - REASONS_MAX} more reasons)`,
    };
    return told;
  }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
