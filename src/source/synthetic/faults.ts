/** The labelled programme of faults that the synthetic source injects, so that everyone can see what should be found. */
import type { Random } from "../../base/random.ts";
import type { SyntheticFeatures } from "./population.ts";

export interface Fault {
  /** What was done, for the label. */
  readonly label: string;
  readonly swimlane: string;
  /** Counted in windows from the beginning of the live part; the programme repeats after `PROGRAMME_WINDOWS`. */
  readonly fromWindow: number;
  readonly windowCount: number;
  /** Share of the lane's records that still come. @default 1 */
  readonly keepShare?: number;
  /** Changes one record's features in place. */
  readonly alter?: (features: SyntheticFeatures, random: Random) => void;
}

export const PROGRAMME_WINDOWS = 96;

export const DEMO_FAULTS: readonly Fault[] = [
  {
    label: "volume: 80 % of the records lost",
    swimlane: "prod",
    fromWindow: 4,
    windowCount: 8,
    keepShare: 0.2,
  },
  {
    label: "drift: watch_time × 1.7 (a unit changed upstream)",
    swimlane: "eval",
    fromWindow: 14,
    windowCount: 6,
    alter: (features) => {
      features.watch_time = Math.round(features.watch_time * 170) / 100;
    },
  },
  {
    label: "nulls: age missing in 35 % of the records",
    swimlane: "prod",
    fromWindow: 28,
    windowCount: 6,
    alter: (features, random) => {
      if (random() < 0.35) features.age = null;
    },
  },
  {
    label: 'new category: device "fridge" in 12 % of the records',
    swimlane: "dev",
    fromWindow: 40,
    windowCount: 6,
    alter: (features, random) => {
      if (random() < 0.12) features.device = "fridge";
    },
  },
];

/** The faults that are on in a live window; none in the history before it (`liveWindow` < 0). */
export function faultsAt(faults: readonly Fault[], swimlane: string, liveWindow: number): readonly Fault[] {
  if (liveWindow < 0) return [];
  const at = liveWindow % PROGRAMME_WINDOWS;
  return faults.filter(
    (f) => f.swimlane === swimlane && at >= f.fromWindow && at < f.fromWindow + f.windowCount,
  );
}
