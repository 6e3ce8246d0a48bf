import { describe, expect, test } from "vitest";
import type { IncidentRow, LaneRow } from "../../store/contract.ts";
import type { LaneSettings } from "../contract.ts";
import { Gate, type GateQuestion, type JudgedVerdict, type WindowOfSource } from "./gate.ts";
import { REASONS_MAX } from "./gate-reasons.ts";

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 10, 2, 12);
const settings: LaneSettings = {
  windowSizeMs: MINUTE,
  latenessMs: 10_000,
  judgingMsMax: 20_000,
  pageBudgetPerWeek: 0.25,
  gate: { insufficient: "unknown" },
};
const question: GateQuestion = {
  swimlane: "prod",
  sinceMs: T0,
  untilMs: T0 + 5 * MINUTE,
  nowMs: T0 + 10 * MINUTE,
};
const lane: LaneRow = {
  swimlane: "prod",
  source: "events",
  windowSizeMs: MINUTE,
  firstWindowMs: T0 - 3_600_000,
  lastWindowMs: T0 + 9 * MINUTE,
};

const windowAt = (minute: number, revision = 1, source = "events"): WindowOfSource => ({
  source,
  windowStartMs: T0 + minute * MINUTE,
  revision,
});
const verdictAt = (minute: number, changes: Partial<JudgedVerdict> = {}): JudgedVerdict => ({
  source: "events",
  feature: "*",
  detector: "volume",
  windowStartMs: T0 + minute * MINUTE,
  windowSizeMs: MINUTE,
  revision: 1,
  answer: "ok",
  severity: "page",
  summary: "as expected",
  incidentId: "",
  ...changes,
});
const fiveWindows = [0, 1, 2, 3, 4].map((minute) => windowAt(minute));
const fiveOk = [0, 1, 2, 3, 4].map((minute) => verdictAt(minute));
const incident: IncidentRow = {
  id: "i1",
  swimlane: "prod",
  state: "open",
  severity: "page",
  startMs: T0 - MINUTE,
  endMs: T0,
  changedAtMs: T0,
  resolvedAtMs: Number.NaN,
  title: "volume fell to 0",
  members: "*:volume",
  verdictCount: 1,
  explanation: "{}",
  acknowledgedBy: "",
};

interface Asked {
  question?: Partial<GateQuestion>;
  settings?: Partial<LaneSettings>;
  lanes?: readonly LaneRow[];
  windows?: readonly WindowOfSource[];
  verdicts?: readonly JudgedVerdict[];
  anomalies?: readonly JudgedVerdict[];
  incidents?: readonly IncidentRow[];
}
function ask(asked: Asked) {
  const gate = new Gate(
    { ...question, ...asked.question },
    { ...settings, ...asked.settings },
    asked.lanes ?? [lane],
  );
  gate.addIncidents(asked.incidents ?? []);
  gate.addAnomalies(asked.anomalies ?? []);
  gate.addWindows(gate.sinceMs, gate.untilMs, asked.windows ?? fiveWindows, asked.verdicts ?? fiveOk);
  return gate.answer();
}

describe("pass", () => {
  test("every due window judged ok passes, and says how many", () => {
    expect(ask({})).toMatchObject({ answer: "pass", windowsExpected: 5, windowsOk: 5, reasons: [] });
  });

  test("a window that is not due yet is not asked about", () => {
    // At 12:03:20 the window 12:02 (closes 12:03, due 12:03:30) still has time; 12:01 is the last due one.
    const answer = ask({
      question: { nowMs: T0 + 3 * MINUTE + 20_000 },
      windows: fiveWindows.slice(0, 2),
      verdicts: fiveOk.slice(0, 2),
    });
    expect(answer).toMatchObject({ answer: "pass", windowsExpected: 2, untilMs: T0 + 2 * MINUTE });
  });

  test("a span that cuts windows is widened to whole windows at its start", () => {
    expect(ask({ question: { sinceMs: T0 + 30_000 } })).toMatchObject({ sinceMs: T0, windowsExpected: 5 });
  });

  test("a detector without enough rows does not matter when another one answered for the feature", () => {
    const verdicts = [...fiveOk, verdictAt(2, { detector: "ks", answer: "insufficient", severity: "info" })];
    expect(ask({ verdicts }).answer).toBe("pass");
  });

  test("a verdict of severity info never holds, an incident neither", () => {
    const verdicts = [...fiveOk, verdictAt(2, { feature: "age", answer: "anomalous", severity: "info" })];
    expect(ask({ verdicts, incidents: [{ ...incident, severity: "info" }] }).answer).toBe("pass");
  });

  test("a window that late records revised passes by its newest verdict, whatever an older one said", () => {
    const windows = fiveWindows.map((window, i) => (i === 2 ? windowAt(2, 2) : window));
    const old = verdictAt(2, { answer: "anomalous" });
    const verdicts = [...fiveOk.filter((_, i) => i !== 2), old, verdictAt(2, { revision: 2 })];
    expect(ask({ windows, verdicts, anomalies: [old] }).answer).toBe("pass");
  });

  test("a source that has been silent for more than a week is retired, not missing", () => {
    const retired = {
      ...lane,
      source: "old",
      lastWindowMs: T0 - 8 * 86_400_000,
      firstWindowMs: T0 - 9 * 86_400_000,
    };
    expect(ask({ lanes: [lane, retired] })).toMatchObject({ answer: "pass", windowsExpected: 5 });
  });

  test("resolved and pending incidents, and those after the span, do not hold", () => {
    const incidents: IncidentRow[] = [
      { ...incident, state: "resolved" },
      { ...incident, state: "pending" },
      { ...incident, startMs: question.untilMs },
    ];
    expect(ask({ incidents }).answer).toBe("pass");
  });
});

describe("hold", () => {
  test.each(["open", "acknowledged"] as const)("an %s incident that began before the span holds", (state) => {
    const answer = ask({ incidents: [{ ...incident, state }] });
    expect(answer).toMatchObject({
      answer: "hold",
      reasons: [{ kind: "incident", incidentId: "i1", answer: "hold" }],
    });
  });

  test.each(["page", "warn"] as const)("one anomalous verdict of severity %s holds", (severity) => {
    const verdicts = [
      ...fiveOk,
      verdictAt(3, { feature: "age", detector: "ks", answer: "anomalous", severity, summary: "age moved" }),
    ];
    const answer = ask({ verdicts });
    expect(answer).toMatchObject({ answer: "hold", windowsOk: 4 });
    expect(answer.reasons[0]).toMatchObject({
      kind: "anomalous",
      feature: "age",
      detail: "ks: age moved",
      count: 1,
    });
  });

  test("evidence against outweighs what is missing, and both are told", () => {
    const answer = ask({ windows: [], verdicts: [], incidents: [incident] });
    expect(answer.answer).toBe("hold");
    expect(answer.reasons.map((reason) => reason.kind)).toEqual(["incident", "missing"]);
  });

  test("an anomalous larger window that overlaps the span holds", () => {
    const hour = verdictAt(0, {
      windowStartMs: T0 - 30 * MINUTE,
      windowSizeMs: 60 * MINUTE,
      answer: "anomalous",
    });
    expect(ask({ anomalies: [hour] }).answer).toBe("hold");
    const before = { ...hour, windowStartMs: T0 - 60 * MINUTE };
    expect(ask({ anomalies: [before] }).answer).toBe("pass");
  });

  test("an anomaly found in a window that is not due yet holds already", () => {
    const early = verdictAt(4, { answer: "anomalous" });
    const answer = ask({
      question: { nowMs: T0 + 5 * MINUTE },
      anomalies: [early],
      windows: fiveWindows,
      verdicts: fiveOk,
    });
    expect(answer).toMatchObject({ answer: "hold", untilMs: T0 + 4 * MINUTE });
  });

  test("the same thing anomalous in many windows is one reason with a count and a span", () => {
    const verdicts = [0, 1, 2, 3, 4].map((minute) =>
      verdictAt(minute, { answer: "anomalous", summary: `minute ${minute}` }),
    );
    const { reasons } = ask({ verdicts });
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toMatchObject({
      count: 5,
      startMs: T0,
      endMs: T0 + 5 * MINUTE,
      detail: "volume: minute 4",
    });
  });
});

describe("unknown", () => {
  const kinds = (asked: Asked) => {
    const answer = ask(asked);
    return [answer.answer, ...answer.reasons.map((reason) => reason.kind)];
  };

  test("a lane that was never seen", () => {
    expect(kinds({ lanes: [] })).toEqual(["unknown", "never_seen"]);
    expect(kinds({ lanes: [{ ...lane, swimlane: "eval" }] })).toEqual(["unknown", "never_seen"]);
  });

  test("one window missing among five", () => {
    expect(kinds({ windows: fiveWindows.filter((_, i) => i !== 3) })).toEqual(["unknown", "missing"]);
  });

  test("one source's windows missing while the other's are all ok", () => {
    const second = { ...lane, source: "clicks", lastWindowMs: T0 - MINUTE };
    const answer = ask({ lanes: [lane, second] });
    expect(answer).toMatchObject({ answer: "unknown", windowsExpected: 10, windowsOk: 5 });
    expect(answer.reasons).toMatchObject([{ kind: "missing", source: "clicks", count: 5 }]);
  });

  test("a window merged but not judged", () => {
    expect(kinds({ verdicts: fiveOk.slice(1) })).toEqual(["unknown", "not_judged"]);
  });

  test("a window revised by late records and not judged again", () => {
    expect(kinds({ windows: fiveWindows.map((window, i) => (i === 1 ? windowAt(1, 2) : window)) })).toEqual([
      "unknown",
      "revised",
    ]);
  });

  test("a feature that no detector had enough rows for; a lane may choose to ignore that", () => {
    const verdicts = [
      ...fiveOk,
      verdictAt(2, { feature: "age", answer: "insufficient", summary: "42 rows, 300 needed" }),
    ];
    const answer = ask({ verdicts });
    expect(answer).toMatchObject({ answer: "unknown", windowsOk: 4 });
    expect(answer.reasons).toMatchObject([
      { kind: "insufficient", feature: "age", detail: "42 rows, 300 needed" },
    ]);
    expect(ask({ verdicts, settings: { gate: { insufficient: "ignore" } } }).answer).toBe("pass");
  });

  test("a span that begins before the lane's first window", () => {
    const young = { ...lane, firstWindowMs: T0 + 2 * MINUTE };
    expect(kinds({ lanes: [young] })).toEqual(["unknown", "missing"]);
  });

  test("a span without one due window", () => {
    expect(kinds({ question: { nowMs: T0 + MINUTE } })).toEqual(["unknown", "no_window_due"]);
  });

  test("rows of another window size do not stand in for the lane's own", () => {
    expect(kinds({ verdicts: fiveOk.map((verdict) => ({ ...verdict, windowSizeMs: 1_000 })) })).toEqual([
      "unknown",
      "not_judged",
    ]);
  });
});

describe("rules and bounds", () => {
  test("with features named, the others neither hold nor count as missing", () => {
    const gate = { insufficient: "unknown", features: ["age"] } as const;
    const other = verdictAt(2, { feature: "country", answer: "anomalous" });
    const verdicts = [...fiveOk, other, verdictAt(1, { feature: "country", answer: "insufficient" })];
    const incidents = [{ ...incident, members: "country:psi,a:b:ks" }];
    expect(ask({ settings: { gate }, verdicts, incidents }).answer).toBe("pass");
    expect(ask({ settings: { gate }, verdicts: [...fiveOk, { ...other, feature: "age" }] }).answer).toBe(
      "hold",
    );
    expect(
      ask({ settings: { gate }, incidents: [{ ...incident, members: "age:psi,country:psi" }] }).answer,
    ).toBe("hold");
  });

  test("a thousand different reasons are told as a hundred and a count", () => {
    const verdicts = Array.from({ length: 1_000 }, (_, i) =>
      verdictAt(0, { feature: `f${i}`, answer: "anomalous" }),
    );
    const { reasons } = ask({ verdicts: [...fiveOk, ...verdicts] });
    expect(reasons).toHaveLength(REASONS_MAX);
    expect(reasons.at(-1)?.detail).toContain("900 more reasons");
  });

  test("sources and features whose names hold separators are kept apart", () => {
    const lanes = [
      { ...lane, source: "a|b" },
      { ...lane, source: "a" },
    ];
    const windows = [0, 1, 2, 3, 4].flatMap((minute) => [
      windowAt(minute, 1, "a|b"),
      windowAt(minute, 1, "a"),
    ]);
    const verdicts = [0, 1, 2, 3, 4].flatMap((minute) => [
      verdictAt(minute, { source: "a|b" }),
      verdictAt(minute, { source: "a" }),
    ]);
    expect(ask({ lanes, windows, verdicts })).toMatchObject({ answer: "pass", windowsExpected: 10 });
  });
});

test("an owner's limit holds the gate when it is broken, and passes nothing by itself when it is kept", () => {
  const limitAt = (minute: number, changes: Partial<JudgedVerdict>) =>
    verdictAt(minute, { feature: "price", detector: "limit@null-share", ...changes });
  const answered = (changes: Partial<JudgedVerdict>) => {
    const gate = new Gate(question, settings, [lane]);
    const learning = verdictAt(2, { feature: "price", detector: "reference", answer: "insufficient" });
    gate.addWindows(T0, T0 + 5 * MINUTE, fiveWindows, [...fiveOk, learning, limitAt(2, changes)]);
    return gate.answer().answer;
  };
  expect(answered({ answer: "anomalous", severity: "warn" })).toBe("hold");
  expect(answered({ answer: "ok" })).toBe("unknown");
});
