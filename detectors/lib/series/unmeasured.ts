import type { SeriesStep } from "../../contract.ts";
import { insufficient } from "../verdicts.ts";

/** The step over a window without a number: nothing is said of it and nothing learned from it. */
export function unmeasured<Memory>(memory: Memory): SeriesStep<Memory> {
  return {
    verdict: insufficient("nothing was measured in this window"),
    memory,
    expected: Number.NaN,
    lowerLimit: Number.NaN,
    upperLimit: Number.NaN,
    idle: true,
  };
}
