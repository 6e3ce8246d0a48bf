/** What `GET /v1/explain` and `lanewatch explain` answer, as types only; see wire.ts for what holds of all answers. */
import type { Maybe, VerdictAnswer } from "../wire.ts";

export interface ExplainAnswer {
  /** The verdict as it is stored. */
  readonly verdict: VerdictAnswer;
  /** `equal`: judged again it is the same to the last bit. `unknown`: it could not be judged again, `reasons` say why. */
  readonly outcome: "equal" | "differs" | "unknown";
  /** What differs; empty unless `outcome` is `differs`. */
  readonly differences: readonly DifferenceAnswer[];
  /** From what it was judged again: "the checkpoint of … and 12 windows after it". */
  readonly basis: string;
  /** Why it may differ, or could not be judged again. */
  readonly reasons: readonly string[];
  /** Queries that show the rows behind the number, for QuestDB and DuckDB alike. */
  readonly sql: readonly string[];
  /** Of the window: what the rows hold now. */
  readonly rows: { readonly revision: number; readonly recordCount: Maybe };
}

export interface DifferenceAnswer {
  readonly field: string;
  readonly stored: string;
  readonly again: string;
}
