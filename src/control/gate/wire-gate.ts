/** What a gate answers, as types only; see wire.ts for what holds of all answers. */

export type GateWord = "pass" | "hold" | "unknown";

export interface GateReason {
  readonly kind:
    | "incident"
    | "anomalous"
    | "never_seen"
    | "missing"
    | "not_judged"
    | "revised"
    | "insufficient"
    | "no_window_due";
  /** What this reason alone would answer. */
  readonly answer: "hold" | "unknown";
  readonly detail: string;
  readonly source: string;
  readonly feature: string;
  /** How many windows (or incidents) it is about. */
  readonly count: number;
  /** Span of what it is about. */
  readonly startMs: number;
  readonly endMs: number;
  readonly incidentId: string;
}

export interface GateAnswer {
  readonly swimlane: string;
  readonly answer: GateWord;
  readonly sinceMs: number;
  /** End of the last window that is due; windows that are still open are not asked about. */
  readonly untilMs: number;
  readonly windowSizeMs: number;
  /** Windows, over all sources, that should have been judged by now; and that were, all of them `ok`. */
  readonly windowsExpected: number;
  readonly windowsOk: number;
  /** Worst first, at most 100. */
  readonly reasons: readonly GateReason[];
}
