/** What the API answers about silences, as types only; see wire.ts for what holds of all answers. */
export interface SilenceAnswer {
  readonly id: string;
  readonly state: "active" | "pending" | "ended";
  /** Half-open, wall clock, epoch milliseconds. */
  readonly startMs: number;
  readonly endMs: number;
  /** Patterns; `null` covers all. */
  readonly swimlane: string | null;
  readonly source: string | null;
  readonly feature: string | null;
  readonly detector: string | null;
  readonly reason: string;
  readonly createdBy: string;
}

export interface SilencesAnswer {
  readonly silences: readonly SilenceAnswer[];
}
