import { expect, test } from "vitest";
import { likelyCauses } from "./cause.ts";
import type { Evidence } from "./evidence.ts";
import { emptyLedger, type Ledger } from "./ledger.ts";
import { type Witness, witnessOf } from "./sighting.ts";

const AT = { source: "clicks", windowStartMs: 0, windowSizeMs: 60_000 };

function witness(detector: string, feature: string, changes: Partial<Witness> = {}): Witness {
  const row = {
    ...AT,
    swimlane: "prod",
    feature,
    detector,
    revision: 1,
    answer: "anomalous",
    severity: "page",
  } as const;
  const numbers = {
    statistic: 1,
    threshold: 1,
    effect: -0.6,
    significance: 9,
    sketchError: 0,
    incidentId: "",
  };
  return {
    ...witnessOf({ ...row, ...numbers, summary: `${feature} changed.`, explanation: "{}" }),
    ...changes,
  };
}

function ledger(...witnesses: readonly Witness[]): Ledger {
  return {
    ...emptyLedger,
    witnesses,
    notes: [{ ...AT, judgedOk: false, omittedCount: 0, sightings: witnesses }],
  };
}

const missing600 = ledger(witness("volume", "*", { expected: 1000, value: 400 }));
const seen = (counts: Partial<Evidence>) =>
  likelyCauses(missing600, [{ ...AT, ...counts }]).map(({ cause }) => cause);

test("a count is named as the cause when it explains a good part of what is missing, and not when it is small", () => {
  expect(seen({ rejectedByReason: { no_time: 500, too_large: 20 } })).toEqual(["rejected"]);
  expect(seen({ rejectedByReason: { no_time: 100 } })).toEqual(["unknown"]);
  expect(seen({ lateCount: 400 })).toEqual(["late"]);
  expect(seen({ silentPartitionCount: 2, partitionCount: 6 })).toEqual(["partitions"]);
});

test("our own lag is named first: it says nothing about the data", () => {
  expect(seen({ lagRecords: 5_000, lateCount: 400 })).toEqual(["we-are-behind", "late"]);
});

test("evidence of another window explains nothing", () => {
  expect(likelyCauses(missing600, [{ ...AT, windowStartMs: 60_000, lateCount: 600 }])[0]!.cause).toBe(
    "unknown",
  );
});

test("the reason that rejects most is named in words, with its numbers", () => {
  const [cause] = likelyCauses(missing600, [{ ...AT, rejectedByReason: { too_large: 20, no_time: 1_500 } }]);
  expect(cause!.text).toBe("1,520 records were rejected where 600 are missing, most as no_time.");
});

test("silence, a changed schema, and features that lose their values together are causes by themselves", () => {
  const silent = ledger(witness("volume", "*", { expected: 1000, value: 0 }));
  expect(likelyCauses(silent, []).map(({ cause }) => cause)).toEqual(["stopped"]);
  expect(likelyCauses(ledger(witness("schema", "age")), [])[0]!.cause).toBe("schema");
  const nulls = ["age", "price", "country"].map((feature) => witness("null-rate", feature));
  expect(likelyCauses(ledger(...nulls), [])[0]!.text).toMatch(
    /^3 features of clicks lost their values together/,
  );
  expect(likelyCauses(ledger(...nulls.slice(0, 2)), [])[0]!.cause).toBe("unknown");
});

test("without a value of its own, the volume's count follows from its effect", () => {
  const row = {
    ...AT,
    swimlane: "p",
    feature: "*",
    detector: "volume",
    revision: 1,
    answer: "anomalous",
    severity: "page",
  } as const;
  const numbers = {
    statistic: 1,
    threshold: 1,
    effect: -0.62,
    significance: 9,
    sketchError: 0,
    incidentId: "",
    summary: "",
  };
  expect(witnessOf({ ...row, ...numbers, explanation: '{"expected":1000}' }).value).toBeCloseTo(380);
});
