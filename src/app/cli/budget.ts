/** `budget`: asks the running service how its lanes stand to their page budgets, and what their owners should do. */
import type { LaneBudgetAnswer, PageBudgetAnswer } from "../../control/page-budget/wire-page-budget.ts";
import { type AskingFlags, askQuestion, iso, misused, momentProblem } from "./asking.ts";
import { EXIT } from "./exit.ts";
import { textTable } from "./text-table.ts";

interface BudgetFlags extends AskingFlags {
  readonly swimlane?: string;
  readonly since: string;
  readonly until: string;
  readonly json?: boolean;
}

export async function budgetCommand(flags: BudgetFlags): Promise<number> {
  const { swimlane, since, until } = flags;
  const problem = momentProblem(flags);
  if (problem !== undefined) return misused(problem);
  const query = new URLSearchParams({ since, until, ...(swimlane === undefined ? {} : { swimlane }) });
  return await askQuestion<PageBudgetAnswer>(flags, `/v1/page-budget?${query}`, (answer) => {
    process.stdout.write(flags.json ? `${JSON.stringify(answer, null, 2)}\n` : budgetText(answer));
    return answer.lanes.some(({ standing }) => standing === "over_twice") ? EXIT.hold : EXIT.ok;
  });
}

const STANDING_WORDS = {
  over_twice: "over twice",
  over: "over",
  within: "within",
  unwatched: "no windows",
} as const satisfies Record<LaneBudgetAnswer["standing"], string>;

function budgetText(answer: PageBudgetAnswer): string {
  const { lanes, total, truncated, sinceMs, untilMs, rulesSinceMs } = answer;
  const table = textTable(
    ["lane", "budget", "accepted", "pages", "a week (95 %)", "may be false", "not judged", "precision"],
    lanes.map((lane) => [
      lane.swimlane,
      STANDING_WORDS[lane.standing],
      short(lane.accepted),
      pagesText(lane),
      lane.pagesPerWeek === null
        ? "-"
        : `${short(lane.pagesPerWeek)} (${short(lane.pagesPerWeekLow!)} to ${short(lane.pagesPerWeekHigh!)})`,
      String(lane.falseMax),
      String(lane.unjudged),
      lane.precision === null ? "-" : `${Math.round(lane.precision * 100)} %`,
    ]),
    2,
  );
  const findings = lanes.flatMap(({ swimlane, findings: found }) =>
    found.flatMap(({ text, next }) => ["", `${swimlane}: ${text}`, `  ${next}`]),
  );
  const notes = [
    ...(rulesSinceMs > sinceMs
      ? [`rules are counted from ${iso(rulesSinceMs)} on: the span holds more verdicts than one answer reads`]
      : []),
    ...(truncated ? ["more was stored than one answer reads: ask for one lane (-s) or a shorter span"] : []),
    ...(total > lanes.length ? [`the ${lanes.length} worst of ${total} lanes`] : []),
  ];
  const head = `pages from ${iso(sinceMs)} to ${iso(untilMs)}`;
  return `${[head, ...table, ...notes, ...findings].join("\n")}\n`;
}

const short = (value: number) => String(Number(value.toPrecision(2)));

function pagesText({ pages, groupedPages, limitPages }: LaneBudgetAnswer): string {
  const apart = [
    ...(groupedPages > 0 ? [`${groupedPages} with others`] : []),
    ...(limitPages > 0 ? [`${limitPages} more by limits`] : []),
  ];
  return apart.length === 0 ? String(pages) : `${pages} (${apart.join(", ")})`;
}
