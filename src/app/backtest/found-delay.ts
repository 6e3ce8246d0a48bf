/** Delays of several trials as what an owner asks: how many were found, and after how long. */
export interface FoundDelay {
  readonly found: number;
  readonly trials: number;
  /** Windows; `null` where so many trials were not found in time: the delay is longer than the fault lasted. */
  readonly p50: number | null;
  readonly p90: number | null;
}

/** @param windows until it was found, by trial; `null` for never. Never counts as longer than any delay. */
export function foundDelay(windows: readonly (number | null)[]): FoundDelay {
  const delays = windows.map((each) => each ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const at = (share: number) => {
    const delay = delays[Math.max(0, Math.ceil(share * delays.length) - 1)];
    return delay === undefined || delay === Number.POSITIVE_INFINITY ? null : delay;
  };
  return {
    found: windows.filter((each) => each !== null).length,
    trials: windows.length,
    p50: at(0.5),
    p90: at(0.9),
  };
}
