import { describe, expect, test } from "vitest";
import type { ExplanationPart } from "../../detectors/contract.ts";
import { emptyLedger, type Ledger } from "./ledger.ts";
import type { Witness } from "./sighting.ts";
import { shorten, titleOf, whatChanged } from "./title.ts";

const AT_MS = Date.parse("2026-03-02T14:05:00Z");

function ledger(...witnesses: readonly Partial<Witness>[]): Ledger {
  const full = witnesses.map(witness);
  const note = {
    source: "clicks",
    windowSizeMs: 300_000,
    windowStartMs: AT_MS,
    judgedOk: false,
    omittedCount: 0,
  };
  return { ...emptyLedger, notes: [{ ...note, sightings: full }], witnesses: full };
}

function witness(changes: Partial<Witness>): Witness {
  return {
    source: "clicks",
    windowStartMs: AT_MS,
    windowSizeMs: 300_000,
    feature: "age",
    detector: "psi",
    severity: "warn",
    certain: false,
    effect: 0.5,
    significance: 5,
    statistic: 0.5,
    threshold: 0.1,
    summary: "",
    expected: null,
    value: null,
    reference: "",
    parts: [],
    ...changes,
  };
}

const part = (label: string, reference: number, current: number, contribution: number): ExplanationPart => ({
  label,
  reference,
  current,
  contribution,
});

describe("what a title says has changed", () => {
  test("a series: by how much against what was expected, up or down", () => {
    expect(whatChanged(ledger({ feature: "*", detector: "volume", expected: 200, value: 76 }))).toBe(
      "clicks volume −62 %",
    );
    expect(whatChanged(ledger({ feature: "rows", detector: "metric", expected: 200, value: 500 }))).toBe(
      "clicks rows metric +150 %",
    );
  });

  test("a distribution: the share that moved most, before and after", () => {
    const parts = [part("1 to 2", 0.3, 0.2, 0.1), part("null", 0.028, 0.335, -0.8)];
    expect(whatChanged(ledger({ parts }))).toBe("clicks age distribution: share of null: 2.8 % → 33.5 %");
  });

  test("where parts are no shares, the detector's own sentence, without saying the feature twice", () => {
    const parts = [part("yesterday", 4_000, 12, 1)];
    expect(whatChanged(ledger({ parts, detector: "range", summary: "age: 12 came, below all seen." }))).toBe(
      "clicks age range: 12 came, below all seen",
    );
  });

  test("several features: how many, and the worst of them", () => {
    const three = ["age", "price", "country"].map((feature) => ({ feature, summary: "It moved." }));
    expect(whatChanged(ledger(...three))).toBe(
      "clicks 3 features moved together, most age distribution: It moved",
    );
  });
});

describe("when", () => {
  const base = {
    swimlane: "prod",
    ledger: ledger({ feature: "*", detector: "volume", expected: 2, value: 1 }),
    sinceMs: AT_MS,
  };
  const life = (state: "open" | "resolved", closing?: "recovered" | "lateness") => ({
    life: { state, closing } as const,
  });

  test("open: since; over: from and to; days are named where the hour alone would mislead", () => {
    expect(titleOf({ ...base, ...life("open"), untilMs: AT_MS })).toBe(
      "prod: clicks volume −50 % since 14:05 UTC",
    );
    expect(titleOf({ ...base, ...life("resolved", "recovered"), untilMs: AT_MS + 3_600_000 })).toMatch(
      /from 14:05 to 15:05 UTC$/,
    );
    expect(titleOf({ ...base, ...life("open"), untilMs: AT_MS + 90_000_000 })).toMatch(
      /since 2026-03-02 14:05 UTC$/,
    );
  });

  test("a title is cut to 160 characters, never through a character", () => {
    const long = titleOf({ ...base, swimlane: "😀".repeat(300), ...life("open"), untilMs: AT_MS });
    expect([...long]).toHaveLength(160);
    expect(shorten("😀😀😀", 2)).toBe("😀…");
  });
});
