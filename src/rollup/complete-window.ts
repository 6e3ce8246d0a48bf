import type { ProfileRow, WindowRow } from "../store/contract.ts";

/** One complete (or revised) window of a lane and source, with its merged profiles: what an audit judges. */
export interface CompleteWindow {
  readonly window: WindowRow;
  readonly profiles: readonly ProfileRow[];
}
