/** What lanes are held to beside their own past: listed, imported, promoted and retired. */
import { z } from "zod";
import { compilePattern } from "../../assign/lane.ts";
import { importBaseline, promoteBaseline, retireBaseline } from "../../audit/reference/keep-baseline.ts";
import { referenceName } from "../../audit/verdict/verdict-name.ts";
import { foreignProfile } from "../../sketch/foreign-profile.ts";
import type { BaselineRow } from "../../store/contract.ts";
import { moment, name, readMoment, readSpan, source, swimlane } from "../asked.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import type { Knowledge } from "../knowledge.ts";
import { maybe } from "../verdicts/explanation.ts";
import type { BaselineAnswer, BaselinesAnswer, PromotedAnswer } from "./wire-baselines.ts";

/** Sketches of some thousand features, as base64. */
const IMPORT_BYTES_MAX = 67_108_864;

const baselineName = name
  .trim()
  .min(1)
  .max(128)
  .describe("The baseline's name, unique within lane and source.");
const by = name.trim().min(1).max(200).describe("Who does it.");
const reason = name.max(2_000).default("").describe("Why.");
const severity = z
  .enum(["page", "warn", "info"])
  .default("page")
  .describe("The most that verdicts held to it may cause.");
const keyFields = { swimlane, source: source.default("default"), name: baselineName };
const keptFields = { ...keyFields, by, reason, severity };

export function baselinesEndpoints(knowledge: Knowledge): readonly Endpoint[] {
  const { store, clock, telemetry } = knowledge.options;
  const keeping = { store, clock };
  const kept = (event: string, row: BaselineRow): BaselineAnswer => {
    telemetry.event("info", "control_baselines_changed", "A baseline was changed", { event });
    return baselineAnswer(row);
  };
  return [
    endpoint({
      path: "/v1/baselines",
      summary: "What lanes are held to beside their own past, newest first.",
      answers: "BaselinesAnswer",
      query: z.strictObject({
        swimlane: swimlane
          .optional()
          .describe("Those that this lane is held to, by its name or by a pattern."),
        source: source.optional(),
        retired: z.enum(["true", "false"]).default("false").describe("Also those that are retired."),
      }),
      run: async ({ query }): Promise<BaselinesAnswer> => {
        const rows = await store.readBaselines(query.source === undefined ? {} : { source: query.source });
        const lane = query.swimlane;
        const shown = rows.filter(
          (row) =>
            (query.retired === "true" || Number.isNaN(row.retiredAtMs)) &&
            (lane === undefined || compilePattern(row.swimlane).test(lane)),
        );
        const lanes = lane === undefined ? [] : (knowledge.settingsOf(lane).compareWith ?? []);
        return { baselines: shown.map(baselineAnswer).reverse(), lanes };
      },
    }),
    endpoint({
      method: "POST",
      path: "/v1/baselines/promote",
      summary: "Keeps the merge of a span's stored windows, the anomalous ones left out, as a baseline.",
      answers: "PromotedAnswer",
      body: z.strictObject({
        ...keptFields,
        since: moment,
        until: moment,
        includeAnomalous: z.boolean().default(false).describe("Anomalous windows too: the change was meant."),
      }),
      run: async ({ body }): Promise<PromotedAnswer> => {
        const { since, until, ...rest } = body;
        const span = readSpan({ since, until }, knowledge.eventNowMs());
        const { windowSizeMs } = knowledge.settingsOf(body.swimlane);
        const { baseline, excluded } = await promoteBaseline(keeping, { ...rest, ...span, windowSizeMs });
        return { ...kept("promoted", baseline), excluded: Object.fromEntries(excluded) };
      },
    }),
    endpoint({
      method: "POST",
      path: "/v1/baselines/import",
      summary:
        "Keeps profiles made elsewhere as a baseline; features given again under its name replace those it had.",
      answers: "BaselineAnswer",
      bodyBytesMax: IMPORT_BYTES_MAX,
      body: z.strictObject({
        ...keptFields,
        origin: name.default("").describe("Where the profiles came from, for people."),
        since: moment.optional().describe("Event time from which the data are."),
        until: moment.optional().describe("Up to when; windows before it are not held to the baseline."),
        windowCount: z.int().min(1).optional(),
        features: z
          .record(
            name,
            z.strictObject({
              recordCount: z.int().min(0).optional(),
              profile: z.record(z.string(), z.unknown()).describe("As in docs/reference/profile-record.md."),
            }),
          )
          .describe("Profiles by feature."),
      }),
      run: async ({ body }): Promise<BaselineAnswer> => {
        const { since, until, features, windowCount, ...rest } = body;
        const nowMs = knowledge.eventNowMs();
        const row = await importBaseline(keeping, {
          ...rest,
          sinceMs: since === undefined ? Number.NaN : readMoment(since, nowMs, "since"),
          untilMs: until === undefined ? Number.NaN : readMoment(until, nowMs, "until"),
          windowCount: windowCount ?? Number.NaN,
          features: Object.entries(features).map(([feature, { profile, recordCount }]) => ({
            feature,
            recordCount,
            ...foreignProfile(profile),
          })),
        });
        return kept("imported", row);
      },
    }),
    endpoint({
      method: "POST",
      path: "/v1/baselines/retire",
      summary: "Ends the use of a baseline: nothing is held to it any more; its row and profiles stay.",
      answers: "BaselineAnswer",
      body: z.strictObject({ ...keyFields, by, reason }),
      run: async ({ body }): Promise<BaselineAnswer> => kept("retired", await retireBaseline(keeping, body)),
    }),
  ];
}

export function baselineAnswer(row: BaselineRow): BaselineAnswer {
  const { sinceMs, untilMs, windowCount, retiredAtMs, profileCount, ...others } = row;
  const { heldFromMs, heldUntilMs, changedAtMs: _changed, ...rest } = others;
  return {
    ...rest,
    reference: referenceName(row.kind, row.name),
    sinceMs: maybe(sinceMs),
    untilMs: maybe(untilMs),
    windowCount: maybe(windowCount),
    heldFromMs: maybe(heldFromMs),
    heldUntilMs: maybe(heldUntilMs),
    featureCount: profileCount,
    retiredAtMs: maybe(retiredAtMs),
  };
}
