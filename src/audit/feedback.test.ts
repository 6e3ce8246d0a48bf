import { expect, test } from "vitest";
import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";
import { type Random, seededRandom } from "../base/random.ts";
import type { CompleteWindow } from "../rollup/complete-window.ts";
import { ProfileArena } from "../sketch/arena.ts";
import type { FeedbackLabel, FeedbackRow, VerdictRow } from "../store/contract.ts";
import { encodeAnomalies } from "./feedback.ts";
import { LaneAuditor } from "./lane-auditor.ts";
import { decodeMemory, encodeMemory } from "./memory-codec.ts";

const HOUR_MS = 3_600_000;
const HEALTHY = 72;
const LANE = { swimlane: "prod", source: "web", windowSizeMs: HOUR_MS };
const OPTIONS = {
  ...LANE,
  detectors: BUILT_IN_DETECTORS,
  detectorOptions: {},
  pageBudgetPerWeek: 0.25,
  timeZone: "UTC",
  knownEvents: [],
};

/** 200 records whose `amount` has a mean of 100 and a deviation of 40; `shift` moves it. */
function windowAt(index: number, random: Random, shift = 0, recordCount = 200): CompleteWindow {
  const arena = new ProfileArena();
  const key = { ...LANE, windowStartMs: index * HOUR_MS, revision: 1 };
  const series = arena.open(index);
  for (let i = 0; i < recordCount; i++) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    arena.addNumber(series, Math.round(100 + shift + 40 * normal));
  }
  const profile = { ...key, feature: "amount", kind: "feature" as const, recordCount };
  const profiles = recordCount === 0 ? [] : [{ ...profile, profile: arena.seal(series) }];
  return {
    window: { ...key, recordCount, profileCount: profiles.length, segmentCount: 1, mergedAtMs: 0 },
    profiles,
  };
}

class Lane {
  readonly #random = seededRandom(7);
  auditor = new LaneAuditor(OPTIONS);
  #index = 0;
  #rows: VerdictRow[] = [];
  feedback: FeedbackRow[] = [];

  constructor() {
    for (let i = 0; i < HEALTHY; i++) this.next();
  }

  /** Judges the next window. @returns whether anything was alerted */
  next(shift = 0, recordCount = 200): boolean {
    const complete = windowAt(this.#index++, this.#random, shift, recordCount);
    this.auditor.hear(this.feedback, complete.window.windowStartMs);
    const rows = this.auditor.audit(complete);
    this.#rows.push(...rows);
    return rows.some(({ severity }) => severity !== "info");
  }

  /** A person says it of all that was alerted since the last time. */
  say(label: FeedbackLabel): void {
    const appliesFromMs = this.#index * HOUR_MS;
    const row = { atMs: appliesFromMs, incidentId: `inc-${this.#index}`, severity: "page" as const, label };
    const anomalies = encodeAnomalies(this.#rows);
    this.feedback.push({ ...row, swimlane: "prod", givenBy: "ana", reason: "", appliesFromMs, anomalies });
    this.#rows = [];
  }

  /** Ten windows, the given one among healthy ones. @returns how many of the given ones were alerted */
  often(shift: number, times: number): number {
    let alerted = 0;
    for (let turn = 0; turn < times; turn++) {
      if (this.next(shift)) alerted++;
      for (let i = 0; i < 4; i++) this.next();
    }
    return alerted;
  }

  restart(): void {
    this.auditor = new LaneAuditor(OPTIONS, decodeMemory(encodeMemory(this.auditor.memory())));
  }
}

test("what was called noise alerts no more, over a restart too, and what is much stronger alerts at once", () => {
  const lane = new Lane();
  expect(lane.often(45, 4)).toBe(4);
  lane.say("noise");
  expect(lane.often(40, 6)).toBe(0);
  lane.restart();
  lane.feedback = [];
  expect(lane.often(40, 3)).toBe(0);
  expect(lane.often(120, 3)).toBe(3);
});

test("noise is taken back by calling the next one real", () => {
  const lane = new Lane();
  expect(lane.next(45)).toBe(true);
  lane.say("noise");
  expect(lane.next(80)).toBe(true);
  lane.say("real");
  for (let i = 0; i < 4; i++) lane.next();
  expect(lane.next(45)).toBe(true);
});

test("a fault that was called real is alerted for as long as it lasts; without a word it becomes the new normal", () => {
  const alertedOf = (label: FeedbackLabel | undefined) => {
    const lane = new Lane();
    for (let i = 0; i < 3; i++) lane.next(60);
    if (label !== undefined) lane.say(label);
    return Array.from({ length: 24 }, () => lane.next(60));
  };
  expect(alertedOf("real").every(Boolean)).toBe(true);
  expect(alertedOf(undefined).slice(-8).some(Boolean)).toBe(false);
});

test("once it is fixed, what was before is usual and the same fault is found again", () => {
  const lane = new Lane();
  for (let i = 0; i < 6; i++) lane.next(60);
  lane.say("real");
  for (let i = 0; i < 20; i++) lane.next(60);
  lane.say("fixed");
  expect(Array.from({ length: 12 }, () => lane.next()).filter(Boolean)).toHaveLength(0);
  expect(lane.next(60)).toBe(true);
});

test("a change that was meant is told no more, becomes the reference within three windows, and its end is found", () => {
  const lane = new Lane();
  expect(lane.next(60)).toBe(true);
  lane.say("expected");
  expect(Array.from({ length: 24 }, () => lane.next(60)).filter(Boolean)).toHaveLength(0);
  expect(lane.next(130)).toBe(true);
});

test("a lane that goes silent pages again, even after someone called its silence noise", () => {
  const lane = new Lane();
  for (let i = 0; i < 5 * 168; i++) lane.next();
  expect(lane.next(0, 0)).toBe(true);
  lane.say("noise");
  for (let i = 0; i < 12; i++) lane.next();
  expect(lane.next(0, 0)).toBe(true);
});

test("feedback on another source, or on a larger window, changes nothing here", () => {
  const lane = new Lane();
  lane.next(45);
  lane.say("noise");
  const row = lane.feedback[0]!;
  lane.feedback = [
    { ...row, anomalies: row.anomalies.replaceAll("web", "app") },
    {
      ...row,
      incidentId: "inc-2",
      anomalies: row.anomalies.replaceAll(String(HOUR_MS), String(24 * HOUR_MS)),
    },
  ];
  for (let i = 0; i < 4; i++) lane.next();
  expect(lane.next(45)).toBe(true);
});

// 1,500 rows within the eight weeks that they hold. Were one of them taken in again at each window, what it says of
// the steps towards a new normal ("fixed": forget them) would be said again and again, and the alert would never end.
test("however much was said of a lane, each of it is taken in once", () => {
  const lane = new Lane();
  lane.feedback = Array.from({ length: 1_500 }, (_, i) => said(i, `f${i % 40}`));
  lane.feedback.push({ ...said(1_500, "amount"), label: "fixed" });
  const alerts = Array.from({ length: 24 }, () => lane.next(60));
  expect(alerts.slice(0, 3)).toContain(true);
  expect(alerts.slice(-8)).not.toContain(true);
  const memory = lane.auditor.memory().feedback!;
  expect(memory.applied.length).toBeLessThanOrEqual(200);
  // One that the store showed late is still heard.
  lane.feedback.push({ ...said(1_490, "late"), incidentId: "late" });
  lane.next(60);
  expect(memory.tolerances.filter(({ feature }) => feature === "late")).toHaveLength(1);
});

function said(index: number, feature: string): FeedbackRow {
  return {
    atMs: index * 60_000,
    incidentId: `i${index}`,
    swimlane: LANE.swimlane,
    severity: "page",
    label: "noise",
    givenBy: "ada",
    reason: "",
    appliesFromMs: index * 60_000,
    anomalies: JSON.stringify([
      { source: LANE.source, feature, detector: "psi", windowSizeMs: HOUR_MS, effect: 0.5 },
    ]),
  };
}
