import { expect, test } from "vitest";
import type { IncidentRow } from "../../store/contract.ts";
import { incidentAnswer } from "../incidents/incident-story.ts";
import { readExplanation, readReferenceSpan } from "./explanation.ts";

test("a series' limits are read under either name, and what is no number is null", () => {
  expect(readExplanation('{"expected":5,"lower":3,"upper":null}')).toMatchObject({
    expected: 5,
    lower: 3,
    upper: null,
  });
  expect(readExplanation('{"lowerLimit":1,"upperLimit":2,"value":"7"}')).toMatchObject({
    lower: 1,
    upper: 2,
    value: null,
  });
});

test.each(["", "null", "[1]", "{", '"text"', '{"parts":5,"reference":7}', '{"parts":[1,null,{"label":3}]}'])(
  "an explanation that another version wrote (%j) explains less, and breaks nothing",
  (json) => {
    expect(readExplanation(json)).toMatchObject({ parts: [], expected: null });
    expect(readReferenceSpan(json)).toBeUndefined();
    const row = { explanation: json, members: "a:b:ks,plain", resolvedAtMs: Number.NaN } as IncidentRow;
    expect(incidentAnswer(row, "whole")).toMatchObject({
      resolvedAtMs: null,
      story: { causes: [], witnesses: [], sql: [] },
    });
  },
);

test("a feature's name may hold colons: the detector is what follows the last", () => {
  const row = { explanation: "{}", members: "a:b:ks,plain" } as IncidentRow;
  expect(incidentAnswer(row, "brief").members).toEqual([
    { feature: "a:b", detector: "ks" },
    { feature: "plain", detector: "" },
  ]);
});

test("the reference's span is used only when it is one", () => {
  expect(readReferenceSpan('{"reference":{"name":"trailing","sinceMs":1,"untilMs":5}}')).toEqual({
    name: "trailing",
    sinceMs: 1,
    untilMs: 5,
  });
  expect(readReferenceSpan('{"reference":{"name":"x","sinceMs":5,"untilMs":5}}')).toBeUndefined();
});
