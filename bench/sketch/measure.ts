/** CPU time of a piece of work: on a shared machine wall time says little. */

export interface Measure {
  readonly what: string;
  readonly by: string;
  /** CPU nanoseconds an update; null where only bytes were measured. */
  readonly nsPerUpdate: number | null;
  /** Serialised (or resident) bytes; null where there is no such form. */
  readonly bytes: number | null;
  /** What it must keep: shown beside it, and checked. */
  readonly limit?: { readonly nsMax?: number; readonly bytesMax?: number; readonly goal?: string };
}

/** CPU nanoseconds per update of the quickest of `repeats` runs, each on a fresh subject. */
export function cpuNsPerUpdate(updates: number, repeats: number, run: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < repeats; i++) {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, ((user + system) * 1_000) / updates);
  }
  return best;
}
