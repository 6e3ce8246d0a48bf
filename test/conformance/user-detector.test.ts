/** The worked example of docs/guides/write-a-detector.md keeps the laws, finds what it is for, and loads by its path. */
import { expect, test } from "vitest";
import type { DistributionDetector } from "../../detectors/contract.ts";
import { sampleSnapshot } from "../../detectors/lib/sample-snapshot.ts";
// @ts-expect-error plain JavaScript, as a user's would be: it brings no declarations.
import { wholeNumberShare as untyped } from "../../docs/guides/examples/whole-number-share.mjs";
import { detectorConformance } from "./detector.ts";
import { CONTEXT, referenceOf } from "./detector-windows.ts";

const wholeNumberShare = untyped as DistributionDetector;

detectorConformance(wholeNumberShare);

/** Amounts with cents; every `every`-th is whole. */
function amounts(count: number, every: number): number[] {
  return Array.from({ length: count }, (_, i) => (i % every === 0 ? i : i + 0.25));
}

function judge(current: readonly number[]) {
  const reference = referenceOf(sampleSnapshot(amounts(5000, 10)));
  const { defaults } = wholeNumberShare;
  return wholeNumberShare.judge(
    reference,
    sampleSnapshot(current),
    wholeNumberShare.start(CONTEXT, defaults),
    CONTEXT,
    defaults,
  );
}

test("amounts that lost their cents are found, and the summary says from what to what", () => {
  const verdict = judge(amounts(400, 10).map(Math.trunc));
  expect(verdict.answer).toBe("anomalous");
  expect(verdict.summary).toBe("price: 100.0 % whole numbers, was 10.0 %");
});

test("amounts that keep their habit are not", () => {
  expect(judge(amounts(400, 10)).answer).toBe("ok");
});
