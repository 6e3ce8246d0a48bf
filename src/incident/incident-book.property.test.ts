import fc from "fast-check";
import { expect, test } from "vitest";
import type { Severity } from "../../detectors/contract.ts";
import type { IncidentRow, VerdictRow } from "../store/contract.ts";
import { readExplanation } from "./explanation.ts";
import { IncidentBook } from "./incident-book.ts";

const MINUTE_MS = 60_000;

interface Step {
  readonly lane: string;
  readonly source: string;
  readonly index: number;
  readonly sizeMinutes: number;
  readonly verdicts: readonly {
    readonly feature: string;
    readonly answer: VerdictRow["answer"];
    readonly severity: Severity;
    readonly effect: number;
  }[];
}

/** Any order, any gaps, windows judged again, several sizes: more disorder than a log can bring. */
const step: fc.Arbitrary<Step> = fc.record({
  lane: fc.constantFrom("prod", "eval", "dev"),
  source: fc.constantFrom("clicks", "views"),
  index: fc.integer({ min: 0, max: 30 }),
  sizeMinutes: fc.constantFrom(5, 5, 5, 60),
  verdicts: fc.array(
    fc.record({
      feature: fc.constantFrom("*", "age", "price"),
      answer: fc.constantFrom<VerdictRow["answer"][]>("ok", "ok", "ok", "anomalous", "insufficient"),
      severity: fc.constantFrom<Severity[]>("page", "warn", "warn", "info"),
      effect: fc.double({ min: -2, max: 2 }),
    }),
    { maxLength: 3 },
  ),
});
const script = fc.array(step, { maxLength: 60 });

function observe(book: IncidentBook, { lane, source, index, sizeMinutes, verdicts }: Step) {
  const windowSizeMs = sizeMinutes * MINUTE_MS;
  const window = { swimlane: lane, source, windowStartMs: index * windowSizeMs, windowSizeMs };
  const unique = [...new Map(verdicts.map((one) => [one.feature, one])).values()];
  const numbers = {
    statistic: 1,
    threshold: 1,
    significance: 3,
    sketchError: 0,
    revision: 1,
    incidentId: "",
  };
  const rows = unique.map(
    (one): VerdictRow => ({
      ...window,
      ...numbers,
      ...one,
      detector: "ks",
      summary: "It moved.",
      explanation: "{}",
    }),
  );
  return book.observe(window, rows);
}

/** As a store gives rows back: JSON has no NaN, a store has. */
function stored(rows: Iterable<IncidentRow>): readonly IncidentRow[] {
  const copies = JSON.parse(JSON.stringify([...rows])) as IncidentRow[];
  return copies.map((row) => ({ ...row, resolvedAtMs: row.resolvedAtMs ?? Number.NaN }));
}

test("a restart anywhere, in any disorder of windows, changes nothing", () => {
  fc.assert(
    fc.property(script, fc.nat(), (steps, at) => {
      const steady = new IncidentBook();
      let broken = new IncidentBook();
      const rows = new Map<string, IncidentRow>();
      steps.forEach((one, index) => {
        if (steps.length > 0 && index === at % steps.length)
          broken = new IncidentBook({}, stored(rows.values()));
        const expected = observe(steady, one);
        const seen = observe(broken, one);
        for (const row of seen.incidents) rows.set(row.id, row);
        expect(seen).toEqual(expected);
      });
      expect(broken.live()).toEqual(steady.live());
    }),
    { numRuns: 300 },
  );
});

test("in any disorder of windows: verdicts name incidents that are there, states only go forward, times do not run back", () => {
  const order = ["pending", "open", "acknowledged", "resolved"];
  fc.assert(
    fc.property(script, (steps) => {
      const book = new IncidentBook();
      const rows = new Map<string, IncidentRow>();
      for (const one of steps) {
        const { incidents, verdicts } = observe(book, one);
        for (const row of incidents) {
          const before = rows.get(row.id);
          // A lane's incident that was only lateness may begin again under its id, when its window is judged a third time.
          const isReborn =
            before !== undefined &&
            readExplanation(before)?.closing?.reason === "lateness" &&
            row.state !== "resolved";
          if (before !== undefined && !isReborn) {
            expect(order.indexOf(row.state)).toBeGreaterThanOrEqual(order.indexOf(before.state));
            expect(row.changedAtMs).toBeGreaterThanOrEqual(before.changedAtMs);
          }
          expect(row.startMs).toBe(before?.startMs ?? row.startMs);
          expect(Number.isNaN(row.resolvedAtMs)).toBe(row.state !== "resolved");
          rows.set(row.id, row);
        }
        for (const verdict of verdicts) {
          if (verdict.incidentId !== "") expect(rows.get(verdict.incidentId)?.swimlane).toBe(one.lane);
          if (verdict.answer === "anomalous" && verdict.severity !== "info")
            expect(verdict.incidentId).not.toBe("");
          if (verdict.answer !== "anomalous") expect(verdict.incidentId).toBe("");
        }
      }
      for (const row of book.live()) expect(rows.get(row.id)).toEqual(row);
    }),
    { numRuns: 300 },
  );
});
