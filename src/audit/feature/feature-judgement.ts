/**
 * What does every detector say of a feature's window, held to the part of the past that has predicted it best, and what
 * does that past leave of each verdict? Pure but for the start of a detector's memory.
 */
import type {
  DetectorContext,
  DistributionDetector,
  DistributionSnapshot,
  Verdict,
} from "../../../detectors/contract.ts";
import { type Tally, tallyOf } from "../cells/tally.ts";
import { type Baseline, candidateSums, chooseBaseline } from "../past/baseline.ts";
import { discount, type Tail } from "../past/calibration.ts";
import { type Finding, NOT_JUDGED } from "../verdict/finding.ts";
import { optionsOf, pastOf } from "./detector-past.ts";
import type { DetectorPast, FeatureMemory, FeatureOptions } from "./feature-memory.ts";
import { type Sides, sidesOf } from "./sides.ts";

/** Windows behind a baseline before anything is held to it. */
export const BASELINE_WINDOWS_MIN = 3;

export interface FeatureAudit {
  readonly context: DetectorContext;
  readonly detectors: readonly DistributionDetector[];
  readonly detectorOptions: Readonly<Record<string, unknown>>;
  readonly feature: FeatureOptions;
  /** Windows that start before it are the reference. */
  readonly referenceUntilMs: number | undefined;
  /** The lane's tail by detector. */
  readonly laneTails: Readonly<Record<string, Tail>>;
  /** Accepted windows before anything is alerted; 0 where the reference alone decides. */
  readonly historyWindowsMin: number;
  /** The next larger size of windows, to which detectors that need many records leave a window that has fewer. */
  readonly leavesTo: string | undefined;
  readonly massMin: number;
  /** What people said of the change that its newest windows show, if anything. */
  readonly change: "fault" | "expected" | undefined;
}

/** A feature's window between judgement and what is learned from it. */
export interface JudgedFeature {
  readonly startMs: number;
  readonly snapshot: DistributionSnapshot;
  readonly tally: Tally;
  readonly baselines: readonly (Baseline | undefined)[];
  readonly baseline: Baseline;
  readonly sides: Sides;
  readonly findings: readonly Finding[];
  /** False within the reference: judged only to learn how loud the detectors are on it. */
  readonly alerting: boolean;
}

export function judgeWindow(
  memory: FeatureMemory,
  startMs: number,
  snapshot: DistributionSnapshot,
  audit: FeatureAudit,
): JudgedFeature {
  const tally = tallyOf(snapshot, memory.catalog!);
  const baselines = candidateSums(memory.history, memory.candidates, startMs, audit.context.windowSizeMs);
  const baseline = chooseBaseline(baselines, memory.candidates);
  const known = audit.referenceUntilMs === undefined || startMs >= audit.referenceUntilMs;
  const alerting = known && memory.acceptedCount >= audit.historyWindowsMin;
  const sides = sidesOf(memory, tally, snapshot, baseline);
  const findings = baseline.sums.windowCount < BASELINE_WINDOWS_MIN ? [] : judgeByAll(memory, sides, audit);
  return { startMs, snapshot, tally, baselines, baseline, sides, findings, alerting };
}

function judgeByAll(memory: FeatureMemory, sides: Sides, audit: FeatureAudit): Finding[] {
  const findings: Finding[] = [];
  const left = leftTo(memory, audit);
  for (const detector of audit.detectors) {
    if (!detector.featureKinds.includes(memory.catalog!.kind)) continue;
    if (left !== undefined && detector.needsMass === true) {
      findings.push({ detector: detector.name, verdict: left, significance: 0, referenceName: "" });
      continue;
    }
    const { reference, current } = detector.heldTo === "frozen" ? sides.frozen : sides.baseline;
    const past = pastOf(memory, detector, audit);
    const options = optionsOf(detector, audit);
    const verdict = detector.judge(reference, current, past.memory, audit.context, options);
    findings.push({
      detector: detector.name,
      verdict,
      significance: discounted(verdict, past),
      referenceName: reference.name,
    });
  }
  return findings;
}

/**
 * Why a lane's windows are left to larger ones; undefined where they usually hold enough, or where there are none larger.
 * What they usually hold, because a window that has lost most of its records must be looked at the more.
 */
function leftTo({ history }: FeatureMemory, { leavesTo, massMin }: FeatureAudit): Verdict | undefined {
  const { valueCount, windowCount } = history.all;
  if (leavesTo === undefined || windowCount === 0 || valueCount >= massMin * windowCount) return undefined;
  const usual = (valueCount / windowCount).toFixed(0);
  const summary = `windows of some ${usual} values cannot tell that half of them moved: left to windows of ${leavesTo}`;
  return { ...NOT_JUDGED, summary };
}

function discounted(verdict: Verdict, past: DetectorPast): number {
  if (verdict.answer === "insufficient") return 0;
  if (verdict.selfCalibrated === true || verdict.certain) return verdict.significance;
  return discount(verdict.significance, past.tail);
}
