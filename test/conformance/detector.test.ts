import { expect, test } from "vitest";
import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";
import { detectorConformance } from "./detector.ts";

for (const detector of BUILT_IN_DETECTORS) detectorConformance(detector);

test("no two built-in detectors share a name", () => {
  const names = BUILT_IN_DETECTORS.map((detector) => detector.name);
  expect(names).toEqual([...new Set(names)]);
});
