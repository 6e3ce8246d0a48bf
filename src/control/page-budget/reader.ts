/** The audit of the auditor, read from the store and shared by all who ask the same: the page, the command, the metrics. */
import type { TimeSpan } from "../../store/contract.ts";
import { RequestRefused } from "../api-failure.ts";
import { readSpan } from "../asked.ts";
import type { Knowledge } from "../knowledge.ts";
import { auditLane, worstFirst } from "./audit.ts";
import {
  labelPages,
  readLabels,
  readNearlyAlways,
  readPages,
  readRuleCounts,
  ruleSpan,
  VERDICTS_SCANNED_MAX,
} from "./reads.ts";
import {
  type LaneBudgetAnswer,
  type PageBudgetAnswer,
  STANDINGS,
  type Standing,
} from "./wire-page-budget.ts";

export const SPAN_DAYS_MAX = 400;
/** Answers are shared by all who ask the same within so many times what counting took, and no less than this. */
const FRESH_MS = 10_000;
const FRESH_READINGS = 10;
const ANSWERS_KEPT_MAX = 16;

export interface AskedPageBudget {
  readonly swimlane?: string | undefined;
  /** As people write moments. */
  readonly since: string;
  readonly until: string;
  /** Most lanes, the worst. */
  readonly limit: number;
}

export class PageBudgetReader {
  readonly #knowledge: Knowledge;
  readonly #kept = new Map<string, { readonly answer: Promise<PageBudgetAnswer>; freshUntilMs: number }>();

  constructor(knowledge: Knowledge) {
    this.#knowledge = knowledge;
  }

  /** @throws {RequestRefused} when the span is none, or too long. */
  async read(asked: AskedPageBudget): Promise<PageBudgetAnswer> {
    const { clock } = this.#knowledge.options;
    const key = JSON.stringify([asked.swimlane, asked.since, asked.until, asked.limit]);
    const known = this.#kept.get(key);
    if (known !== undefined && clock.nowMs() < known.freshUntilMs) return await known.answer;
    const startedMs = clock.nowMs();
    const entry = {
      answer: auditPageBudget(this.#knowledge, asked),
      freshUntilMs: Number.POSITIVE_INFINITY,
    };
    this.#kept.delete(key);
    this.#kept.set(key, entry);
    if (this.#kept.size > ANSWERS_KEPT_MAX) this.#kept.delete(this.#kept.keys().next().value!);
    try {
      const answer = await entry.answer;
      const endedMs = clock.nowMs();
      entry.freshUntilMs = endedMs + Math.max(FRESH_MS, FRESH_READINGS * (endedMs - startedMs));
      return answer;
    } catch (error) {
      this.#kept.delete(key);
      throw error;
    }
  }
}

async function auditPageBudget(knowledge: Knowledge, asked: AskedPageBudget): Promise<PageBudgetAnswer> {
  const { tables, options } = knowledge;
  const eventNowMs = knowledge.eventNowMs();
  const span = readSpan(asked, eventNowMs);
  if (span.untilMs - span.sinceMs > SPAN_DAYS_MAX * 86_400_000)
    throw new RequestRefused(
      400,
      "REQUEST_INVALID",
      `The span is longer than ${SPAN_DAYS_MAX} days.`,
      "Ask for a shorter one.",
    );
  const rulesSpan = await ruleSpan(tables, span, VERDICTS_SCANNED_MAX);
  const lane = asked.swimlane;
  const [pages, said, rules, nearlyAlways, watched] = await Promise.all([
    readPages(tables, span, lane),
    readLabels(options.store, lane),
    readRuleCounts(tables, rulesSpan, lane),
    readNearlyAlways(tables, rulesSpan, lane),
    watchedMsByLane(knowledge, span),
  ]);
  const labels = labelPages(pages.rows, said.said);
  const lanes = (lane === undefined ? [...watched.keys()] : [lane]).map((swimlane): LaneBudgetAnswer => {
    const own = of(swimlane, pages.rows);
    const counted = own.filter(({ ofLimitsAlone }) => !ofLimitsAlone);
    return auditLane({
      swimlane,
      budgetPerWeek: knowledge.settingsOf(swimlane).pageBudgetPerWeek,
      watchedMs: watched.get(swimlane) ?? 0,
      pages: counted,
      limitPages: own.length - counted.length,
      labels,
      rules: of(swimlane, rules.rows),
      nearlyAlways: of(swimlane, nearlyAlways),
    });
  });
  const standings = Object.fromEntries(STANDINGS.map((standing) => [standing, 0])) as Record<
    Standing,
    number
  >;
  for (const { standing } of lanes) standings[standing]++;
  return {
    nowMs: options.clock.nowMs(),
    eventNowMs,
    ...span,
    rulesSinceMs: rulesSpan.sinceMs,
    total: lanes.length,
    standings,
    truncated: pages.truncated || said.truncated || rules.truncated,
    lanes: lanes.sort(worstFirst).slice(0, asked.limit),
  };
}

function of<T extends { readonly swimlane: string }>(swimlane: string, rows: readonly T[]): readonly T[] {
  return rows.filter((row) => row.swimlane === swimlane);
}

/** From a lane's first window in the span to the end of its last. Lanes that the configuration names have none yet. */
async function watchedMsByLane(
  { board, options }: Knowledge,
  span: TimeSpan,
): Promise<ReadonlyMap<string, number>> {
  const spans = new Map<string, TimeSpan>();
  for (const { swimlane, firstWindowMs, lastWindowMs, windowSizeMs } of await board.rows()) {
    const known = spans.get(swimlane);
    spans.set(swimlane, {
      sinceMs: Math.min(firstWindowMs, known?.sinceMs ?? Number.POSITIVE_INFINITY),
      untilMs: Math.max(lastWindowMs + windowSizeMs, known?.untilMs ?? 0),
    });
  }
  const watched = new Map((options.configuredLanes?.() ?? []).map((swimlane) => [swimlane, 0]));
  for (const [swimlane, { sinceMs, untilMs }] of spans)
    watched.set(swimlane, Math.max(0, Math.min(untilMs, span.untilMs) - Math.max(sinceMs, span.sinceMs)));
  return watched;
}
