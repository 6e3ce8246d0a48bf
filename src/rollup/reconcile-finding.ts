/** The newest window that was found to be wrong, kept in the store: another process may be the one that tells people. */
import type { Store } from "../store/contract.ts";

const KEY = "rollup|reconcile";

export interface ReconcileFinding {
  readonly swimlane: string;
  readonly source: string;
  readonly windowStartMs: number;
  readonly kind: string;
  /** Records that the row said; null without a row. */
  readonly written: number | null;
  /** Records that the segments have. */
  readonly counted: number;
  readonly isRepaired: boolean;
  /** Wall clock. */
  readonly foundAtMs: number;
}

export async function writeFinding(
  store: Pick<Store, "writeStates">,
  finding: ReconcileFinding,
): Promise<void> {
  await store.writeStates([{ key: KEY, value: JSON.stringify(finding) }]);
}

export async function readFinding(store: Pick<Store, "readState">): Promise<ReconcileFinding | undefined> {
  const text = await store.readState(KEY);
  return text === undefined ? undefined : (JSON.parse(text) as ReconcileFinding);
}
