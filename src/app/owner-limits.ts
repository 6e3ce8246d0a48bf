/** The owner's limits of the configuration, as far as they concern one lane and source. */
import { judgeLimit, measured, measureName } from "../../detectors/limit/limit.ts";
import { compilePattern } from "../assign/lane.ts";
import type { OwnerLimit } from "../audit/limits.ts";
import type { LaneName } from "../rollup/lane-progress.ts";
import type { Config } from "./config/schema.ts";

type Written = Config["detectors"]["limits"][number];

export function limitsOf(config: Config): (lane: LaneName) => readonly OwnerLimit[] {
  const compiled = config.detectors.limits.map((limit) => ({
    swimlane: compilePattern(limit.swimlane),
    source: compilePattern(limit.source),
    limit: ownerLimit(limit),
  }));
  return (lane) =>
    compiled
      .filter(({ swimlane, source }) => swimlane.test(lane.swimlane) && source.test(lane.source))
      .map(({ limit }) => limit);
}

function ownerLimit(written: Written): OwnerLimit {
  const { of, feature } = written;
  return {
    name: written.name ?? measureName(written),
    of,
    feature,
    pattern: compilePattern(feature),
    for: written.for,
    judge: (held) => judgeLimit(written, measured(written, held)),
  };
}
