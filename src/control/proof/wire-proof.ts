/** What `GET /v1/proof` and `lanewatch prove --json` answer, as types only; see wire.ts for what holds of all answers. */
import type { OutcomeCounts } from "../../decode/outcome.ts";
import type { BrokerSide } from "../../rollup/broker-side.ts";
import type { PartitionProof } from "../../rollup/proof.ts";
import type { Maybe } from "../wire.ts";

export interface ProofAnswer {
  /**
   * `proven`: every record of the period is accounted for once. `broken`: a partition has a gap, an overlap, a wrong
   * sum, or records that the broker says should be there. `unknown`: nothing is known to be wrong, but something could
   * not be checked; `reasons` say what.
   */
  readonly result: "proven" | "broken" | "unknown";
  readonly reasons: readonly string[];
  /** The period, by the log's own time; null where it has no such end. */
  readonly sinceMs: Maybe;
  readonly untilMs: Maybe;
  readonly broker: { readonly asked: boolean; readonly detail: string };
  readonly outcomes: OutcomeCounts;
  readonly partitions: readonly PartitionProofAnswer[];
  /** The same sums from the store's own console; "" where too much would have to be left out by name. */
  readonly sql: string;
}

export interface PartitionProofAnswer {
  readonly topic: string;
  readonly partition: number;
  /** null where no segment lies in the period. */
  readonly counted: PartitionProof | null;
  /** null where the broker was not asked, or the path goes on beyond the period. */
  readonly broker: BrokerSide | null;
  /** False where something is known to be wrong. */
  readonly holds: boolean;
}
