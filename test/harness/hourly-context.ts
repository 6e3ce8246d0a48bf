import type { DetectorContext } from "../../detectors/contract.ts";

/** A lane's record counts by the hour, at the default page budget. */
export const HOURLY_CONTEXT: DetectorContext = {
  swimlane: "prod",
  source: "*",
  feature: "*",
  windowSizeMs: 3_600_000,
  timeZone: "UTC",
  pageBudgetPerWeek: 0.25,
  familySize: 1,
  knownEvents: [],
};
