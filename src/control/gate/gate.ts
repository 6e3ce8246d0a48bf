/**
 * The gate's answer for one lane: may a pipeline train on, or serve from, the records of this span?
 *
 * `hold` when there is evidence against it: an unresolved incident, or an anomalous verdict that could page or warn.
 * `pass` only when every window that is due was merged, judged in its newest revision, and found `ok` for every
 * feature. All else is `unknown`, and says what is missing: silence is never taken for health.
 * Pure: rows in, answer out. Windows are independent, so a long span is added in pieces.
 */

import { isLimit } from "../../audit/verdict/verdict-name.ts";
import { groupBy } from "../../base/group-by.ts";
import type { IncidentRow, LaneRow, VerdictRow, WindowRow } from "../../store/contract.ts";
import type { LaneSettings } from "../contract.ts";
import { GateReasons } from "./gate-reasons.ts";
import type { GateAnswer, GateReason } from "./wire-gate.ts";

export interface GateQuestion {
  readonly swimlane: string;
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Now, on the axis of event time. */
  readonly nowMs: number;
}

/** A source that has sent nothing for this long before the span is taken for retired, not for missing. */
export const SOURCE_MEMORY_MS = 7 * 86_400_000;

export type WindowOfSource = Pick<WindowRow, "source" | "windowStartMs" | "revision">;
export type JudgedVerdict = Pick<
  VerdictRow,
  | "source"
  | "feature"
  | "detector"
  | "windowStartMs"
  | "windowSizeMs"
  | "revision"
  | "answer"
  | "severity"
  | "summary"
  | "incidentId"
>;

export class Gate {
  readonly sinceMs: number;
  /** End of the last window that is due. */
  readonly untilMs: number;
  readonly #question: GateQuestion;
  readonly #settings: LaneSettings;
  readonly #sources: readonly LaneRow[];
  readonly #reasons = new GateReasons();
  #windowsExpected = 0;
  #windowsOk = 0;

  /** @param lanes the store's rows of this lane. */
  constructor(question: GateQuestion, settings: LaneSettings, lanes: readonly LaneRow[]) {
    this.#question = question;
    this.#settings = settings;
    const { windowSizeMs } = settings;
    this.sinceMs = floorTo(question.sinceMs, windowSizeMs);
    this.untilMs = Math.max(this.sinceMs, dueUntilMs(question, settings));
    this.#sources = lanes.filter(
      (lane) =>
        lane.swimlane === question.swimlane &&
        lane.windowSizeMs === windowSizeMs &&
        lane.lastWindowMs >= this.sinceMs - SOURCE_MEMORY_MS,
    );
    this.#noteAbsence();
  }

  /** Adds the windows of `[sinceMs, untilMs)`, a piece of the span whose ends are ends of windows, with all their verdicts. */
  addWindows(
    sinceMs: number,
    untilMs: number,
    windows: readonly WindowOfSource[],
    verdicts: readonly JudgedVerdict[],
  ): void {
    const revisions = newestRevisions(windows);
    const answers = newestVerdicts(verdicts, this.#settings.windowSizeMs);
    for (const lane of this.#sources) {
      const firstMs = Math.max(sinceMs, lane.firstWindowMs);
      for (let startMs = firstMs; startMs < Math.min(untilMs, this.untilMs); startMs += lane.windowSizeMs) {
        this.#windowsExpected++;
        const key = windowKey(lane.source, startMs);
        if (this.#judgeWindow(lane.source, startMs, revisions.get(key), answers.get(key) ?? []))
          this.#windowsOk++;
      }
    }
  }

  /**
   * Adds anomalous verdicts that overlap the span but are not on one of its due windows: on larger windows, and on
   * windows that are judged early. Those on due windows are left to `addWindows`, which knows the newest revision.
   */
  addAnomalies(verdicts: readonly JudgedVerdict[]): void {
    for (const verdict of verdicts) {
      const startMs = verdict.windowStartMs;
      const inside = startMs + verdict.windowSizeMs > this.sinceMs && startMs < this.#question.untilMs;
      const due = verdict.windowSizeMs === this.#settings.windowSizeMs && startMs < this.untilMs;
      if (inside && !due && this.#holds(verdict)) this.#addAnomalous(verdict);
    }
  }

  addIncidents(incidents: readonly IncidentRow[]): void {
    for (const incident of incidents) {
      const unresolved = incident.state === "open" || incident.state === "acknowledged";
      const before = incident.startMs < this.#question.untilMs;
      if (!unresolved || !before || incident.severity === "info" || !this.#mindsIncident(incident)) continue;
      this.#reasons.add("incident", {
        source: "",
        feature: incident.id,
        detail: `${incident.state} ${incident.severity}: ${incident.title}`,
        startMs: incident.startMs,
        endMs: incident.endMs,
        incidentId: incident.id,
      });
    }
  }

  answer(): GateAnswer {
    const { swimlane } = this.#question;
    const reasons: readonly GateReason[] = this.#reasons.list();
    const hold = reasons.some((reason) => reason.answer === "hold");
    const passes =
      reasons.length === 0 && this.#windowsExpected > 0 && this.#windowsOk === this.#windowsExpected;
    return {
      swimlane,
      answer: hold ? "hold" : passes ? "pass" : "unknown",
      sinceMs: this.sinceMs,
      untilMs: this.untilMs,
      windowSizeMs: this.#settings.windowSizeMs,
      windowsExpected: this.#windowsExpected,
      windowsOk: this.#windowsOk,
      reasons,
    };
  }

  /** @returns true when the window was judged and is `ok` throughout. */
  #judgeWindow(
    source: string,
    startMs: number,
    revision: number | undefined,
    verdicts: readonly JudgedVerdict[],
  ): boolean {
    const span = {
      source,
      feature: "*",
      startMs,
      endMs: startMs + this.#settings.windowSizeMs,
      incidentId: "",
    };
    if (revision === undefined) {
      this.#reasons.add("missing", {
        ...span,
        detail: "the window was not merged: records are late, or ingest is behind",
      });
      return false;
    }
    const minded = verdicts.filter((verdict) => this.#minds(verdict.feature));
    if (minded.length === 0) {
      this.#reasons.add("not_judged", {
        ...span,
        detail: "the window was merged, but no verdict on it is stored",
      });
      return false;
    }
    if (minded.some((verdict) => verdict.revision < revision)) {
      this.#reasons.add("revised", {
        ...span,
        detail: "late records changed the window, and it was not judged again yet",
      });
      return false;
    }
    return this.#everyFeatureOk(minded, span);
  }

  /** A feature is ok when at least one of its detectors could answer and none that answered found it anomalous. */
  #everyFeatureOk(
    verdicts: readonly JudgedVerdict[],
    span: Omit<GateReason, "kind" | "answer" | "detail" | "count">,
  ): boolean {
    let ok = true;
    for (const [feature, ofFeature] of groupBy(verdicts, ({ feature }) => feature)) {
      const anomalous = ofFeature.filter((verdict) => this.#holds(verdict));
      for (const verdict of anomalous) this.#addAnomalous(verdict);
      if (anomalous.length > 0) ok = false;
      // A fixed bound that is kept says nothing of what was never compared with any past.
      const judged = ofFeature.some(
        ({ answer, detector }) => answer !== "insufficient" && !isLimit(detector),
      );
      if (judged || this.#settings.gate.insufficient === "ignore") continue;
      ok = false;
      this.#reasons.add("insufficient", { ...span, feature, detail: ofFeature[0]?.summary ?? "" });
    }
    return ok;
  }

  #holds(verdict: JudgedVerdict): boolean {
    return verdict.answer === "anomalous" && verdict.severity !== "info" && this.#minds(verdict.feature);
  }

  #addAnomalous(verdict: JudgedVerdict): void {
    this.#reasons.add("anomalous", {
      source: verdict.source,
      feature: verdict.feature,
      detail: `${verdict.detector}: ${verdict.summary}`,
      startMs: verdict.windowStartMs,
      endMs: verdict.windowStartMs + verdict.windowSizeMs,
      incidentId: verdict.incidentId,
    });
  }

  #noteAbsence(): void {
    const { swimlane } = this.#question;
    const span = { source: "", feature: "*", startMs: this.sinceMs, endMs: this.untilMs, incidentId: "" };
    if (this.#sources.length === 0) {
      this.#reasons.add("never_seen", {
        ...span,
        detail: `no window of lane "${swimlane}" is stored for this span or the week before it`,
      });
      return;
    }
    if (this.untilMs <= this.sinceMs) {
      this.#reasons.add("no_window_due", {
        ...span,
        detail: "no window of the span has closed yet; ask about a longer span",
      });
    }
    const firstMs = Math.min(...this.#sources.map((lane) => lane.firstWindowMs));
    if (firstMs > this.sinceMs) {
      this.#reasons.add("missing", {
        ...span,
        endMs: firstMs,
        detail: "the span begins before the lane's first stored window",
      });
    }
  }

  #minds(feature: string): boolean {
    const { features } = this.#settings.gate;
    return feature === "*" || features === undefined || features.includes(feature);
  }

  #mindsIncident(incident: IncidentRow): boolean {
    if (this.#settings.gate.features === undefined || incident.members === "") return true;
    return incident.members
      .split(",")
      .some((member) => this.#minds(member.slice(0, member.lastIndexOf(":"))));
  }
}

/** A window is due once it has ended, its lateness has passed, and merging and judging have had their time. */
function dueUntilMs(question: GateQuestion, settings: LaneSettings): number {
  const settledMs = question.nowMs - settings.latenessMs - settings.judgingMsMax;
  return floorTo(Math.min(question.untilMs, settledMs), settings.windowSizeMs);
}

function floorTo(timeMs: number, stepMs: number): number {
  return Math.floor(timeMs / stepMs) * stepMs;
}

const windowKey = (source: string, startMs: number) => `${startMs}|${source}`;

function newestRevisions(windows: readonly WindowOfSource[]): Map<string, number> {
  const revisions = new Map<string, number>();
  for (const { source, windowStartMs, revision } of windows) {
    const key = windowKey(source, windowStartMs);
    revisions.set(key, Math.max(revision, revisions.get(key) ?? 0));
  }
  return revisions;
}

/** By window, the newest revision of each feature's and detector's verdict. */
function newestVerdicts(
  verdicts: readonly JudgedVerdict[],
  windowSizeMs: number,
): Map<string, JudgedVerdict[]> {
  const newest = new Map<string, JudgedVerdict>();
  for (const verdict of verdicts) {
    if (verdict.windowSizeMs !== windowSizeMs) continue;
    const key = JSON.stringify([verdict.source, verdict.windowStartMs, verdict.feature, verdict.detector]);
    const known = newest.get(key);
    if (known === undefined || known.revision < verdict.revision) newest.set(key, verdict);
  }
  return groupBy(newest.values(), ({ source, windowStartMs }) => windowKey(source, windowStartMs));
}
