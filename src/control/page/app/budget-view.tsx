/** Is the page budget kept? All lanes, the worst first; and of one lane what was found, and what its rules did. */
import {
  type LaneBudgetAnswer,
  type PageBudgetAnswer,
  STANDINGS,
  type Standing,
} from "../../page-budget/wire-page-budget.ts";
import { ask } from "./api.ts";
import { BudgetRules } from "./budget-rules.tsx";
import { formatCount, formatMoment, formatNumber, formatShare } from "./format.ts";
import { HealthBadge } from "./health.tsx";
import { Name } from "./names.tsx";
import { usePoll } from "./poll.ts";
import { linkTo } from "./route.ts";
import { Answered, Empty } from "./states.tsx";
import { type TableColumn, TableHead } from "./table-head.tsx";

const COLUMNS: readonly TableColumn[] = [
  { name: "Budget" },
  { name: "Lane" },
  { name: "Pages", isNumber: true, title: "Incidents of severity page that opened, real ones too" },
  { name: "A week", isNumber: true, title: "95 % interval of a steady rate" },
  { name: "May be false", isNumber: true, title: "Called noise, or not judged by anyone yet" },
  { name: "Accepted", isNumber: true, title: "The budget times the weeks in which the lane had windows" },
  { name: "Precision", isNumber: true, title: "Real and fixed, of those judged real, fixed or noise" },
  { name: "Findings", isNumber: true },
];

/** The server counts anew no more often. */
const BUDGET_POLL_MS = 15_000;

const BADGES = {
  over_twice: { health: "page", word: "Over twice" },
  over: { health: "warn", word: "Over" },
  within: { health: "ok", word: "Within" },
  unwatched: { health: "unknown", word: "No windows" },
} as const satisfies Record<Standing, unknown>;

export function BudgetView({ swimlane }: { readonly swimlane: string | undefined }) {
  const polled = usePoll(
    swimlane ?? "",
    (signal) => ask<PageBudgetAnswer>("/v1/page-budget", { swimlane }, signal),
    BUDGET_POLL_MS,
  );
  return (
    <section class="budgets">
      {swimlane !== undefined && (
        <p class="crumbs">
          <a href={linkTo({ view: "budget" })}>Page budget</a>
        </p>
      )}
      <h1>{swimlane === undefined ? "Page budget" : <Name>{swimlane}</Name>}</h1>
      <Answered polled={polled} what="page budgets">
        {(answer) => (
          <>
            <Basis answer={answer} />
            {answer.lanes.length === 0 ? (
              <Empty title="No lane has sent a record yet." />
            ) : (
              <Lanes answer={answer} />
            )}
            {swimlane !== undefined && answer.lanes[0] !== undefined && <Lane lane={answer.lanes[0]} />}
          </>
        )}
      </Answered>
    </section>
  );
}

/** What the numbers below are counted from. */
function Basis({ answer }: { readonly answer: PageBudgetAnswer }) {
  const { sinceMs, untilMs, rulesSinceMs, truncated, total, lanes, standings } = answer;
  return (
    <p class="hint">
      {STANDINGS.filter((standing) => standings[standing] > 0)
        .map((standing) => `${formatCount(standings[standing])} ${BADGES[standing].word.toLowerCase()}`)
        .join(", ")}
      {total > 0 && " · "}pages from {formatMoment(sinceMs)} to {formatMoment(untilMs)}
      {rulesSinceMs > sinceMs && `, rules from ${formatMoment(rulesSinceMs)} on`}
      {truncated && " · more was stored than one answer reads"}
      {total > lanes.length && ` · the ${lanes.length} worst of ${formatCount(total)} lanes`}
    </p>
  );
}

function Lanes({ answer }: { readonly answer: PageBudgetAnswer }) {
  return (
    <div class="scroll">
      <table class="budget-table">
        <TableHead columns={COLUMNS} />
        <tbody>
          {answer.lanes.map((lane) => (
            <LaneRow key={lane.swimlane} lane={lane} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function LaneRow({ lane }: { readonly lane: LaneBudgetAnswer }) {
  const { swimlane, standing, pages, groupedPages, limitPages, falseMax, unjudged, accepted, precision } =
    lane;
  return (
    <tr>
      <td>
        <HealthBadge {...BADGES[standing]} />
      </td>
      <th scope="row">
        <a href={linkTo({ view: "budget", swimlane })}>
          <Name>{swimlane}</Name>
        </a>
      </th>
      <td class="number">
        {pages}
        {groupedPages > 0 && <span class="unit"> {groupedPages} with others</span>}
        {limitPages > 0 && <span class="unit"> {limitPages} more by limits</span>}
      </td>
      <td class="number">{weekly(lane)}</td>
      <td class={falseMax > accepted ? "number over" : "number"}>
        {falseMax}
        {unjudged > 0 && <span class="unit"> {unjudged} not judged</span>}
      </td>
      <td class="number">{formatNumber(accepted)}</td>
      <td class="number">{formatShare(precision)}</td>
      <td class="number">{lane.findings.length}</td>
    </tr>
  );
}

function weekly({ pagesPerWeek, pagesPerWeekLow, pagesPerWeekHigh }: LaneBudgetAnswer) {
  if (pagesPerWeek === null) return "–";
  const short = (value: number | null) => formatNumber(Number(value?.toPrecision(2)));
  return (
    <>
      {short(pagesPerWeek)}{" "}
      <span class="unit">
        {short(pagesPerWeekLow)} to {short(pagesPerWeekHigh)}
      </span>
    </>
  );
}

function Lane({ lane }: { readonly lane: LaneBudgetAnswer }) {
  const { swimlane, findings, rules } = lane;
  return (
    <>
      <h2>What to do</h2>
      {findings.length === 0 ? (
        <p class="hint">Nothing: the budget is kept, and every rule does something.</p>
      ) : (
        <ol class="findings">
          {findings.map(({ kind, text, next }) => (
            <li key={`${kind} ${text}`}>
              <p>
                <Sentence text={text} />
              </p>
              <p class="hint">
                <Sentence text={next} />
              </p>
            </li>
          ))}
        </ol>
      )}
      <p>
        <a href={linkTo({ view: "incidents", swimlane })}>Its incidents</a> ·{" "}
        <a href={linkTo({ view: "lane", swimlane })}>The lane</a>
      </p>
      <h2>Rules</h2>
      <BudgetRules rules={rules} />
    </>
  );
}

/** What stands between backticks is a name or a command. */
function Sentence({ text }: { readonly text: string }) {
  return (
    <>
      {text
        .trim()
        .split("`")
        .map((part, i) => (i % 2 === 1 ? <code key={`${i} ${part}`}>{part}</code> : part))}
    </>
  );
}
