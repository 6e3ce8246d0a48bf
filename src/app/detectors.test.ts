import { expect, test } from "vitest";
import { parseConfig } from "./config/load.ts";
import { loadDetectors } from "./detectors.ts";

test("an option that no detector reads is refused with its place and what was probably meant", async () => {
  const config = parseConfig("detectors: { options: { null-rate: { shareMn: 0.5 } } }", {});
  await expect(loadDetectors(config, ".")).rejects.toThrow(
    /detectors\.options\.null-rate\.shareMn: unknown option \(did you mean "shareMin"\?\)/,
  );
});
