/**
 * Runs a dossier's `cases.json`: windows that a detector learns as its reference, a window that it judges, and the
 * answer that it owes. Expected significances come from SciPy, by the formula that the file states.
 */
import type {
  DetectorContext,
  DistributionDetector,
  Overdispersion,
  Reference,
  Verdict,
} from "../contract.ts";
import { type RawValue, sampleSnapshot } from "./sample-snapshot.ts";

/** Values with how often each comes: `[[null, 3], ["FR", 20]]`. */
type Repeated = readonly (readonly [RawValue, number])[];

export interface DossierCase {
  readonly name: string;
  /** Each window of the reference holds these. */
  readonly reference: Repeated;
  readonly windows: number;
  readonly overdispersion?: Overdispersion;
  readonly current: Repeated;
  readonly expected: {
    readonly answer: Verdict["answer"];
    readonly certain?: boolean;
    readonly significance?: number;
    readonly statistic?: number;
  };
}

export const CASE_CONTEXT: DetectorContext = {
  swimlane: "prod",
  source: "",
  feature: "value",
  windowSizeMs: 3_600_000,
  timeZone: "UTC",
  pageBudgetPerWeek: 0.25,
  familySize: 20,
  knownEvents: [],
};

const NOT_JUDGED: Verdict = {
  answer: "insufficient",
  statistic: Number.NaN,
  threshold: Number.NaN,
  effect: 0,
  significance: 0,
  sketchError: 0,
  severity: "info",
  certain: false,
  summary: "",
  parts: [],
};

/** Learns the reference window by window, then judges. */
export function runCase<Options, Memory>(
  detector: DistributionDetector<Options, Memory>,
  { reference, windows, overdispersion, current }: DossierCase,
): { readonly verdict: Verdict; readonly memory: Memory; readonly reference: Reference } {
  const window = sampleSnapshot(expanded(reference));
  const all = sampleSnapshot(Array.from({ length: windows }, () => expanded(reference)).flat());
  const held: Reference = {
    name: "reference",
    snapshot: all,
    windowCount: windows,
    ...(overdispersion === undefined ? {} : { overdispersion }),
  };
  let memory = detector.start(CASE_CONTEXT, detector.defaults);
  for (let i = 0; i < windows; i++) {
    memory = detector.learn(held, window, NOT_JUDGED, memory, CASE_CONTEXT, detector.defaults);
  }
  const snapshot = sampleSnapshot(expanded(current));
  const verdict = detector.judge(held, snapshot, memory, CASE_CONTEXT, detector.defaults);
  return { verdict, memory, reference: held };
}

function expanded(values: Repeated): RawValue[] {
  return values.flatMap(([value, count]) => new Array<RawValue>(count).fill(value));
}
