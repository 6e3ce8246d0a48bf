/** What the audit found, in words for the lane's owner, each with the next step. Worst first. */
import { poissonInterval } from "../../base/poisson.ts";
import type { FindingAnswer, LaneBudgetAnswer, RuleAnswer, RuleStanding } from "./wire-page-budget.ts";

type Counted = Omit<LaneBudgetAnswer, "findings">;

/** Below it most pages are for nothing; not said of fewer judged pages than this. */
const PRECISION_MIN = 0.5;
const PRECISION_PAGES_MIN = 3;
const RULES_NAMED_MAX = 6;

export function findingsOf(lane: Counted): readonly FindingAnswer[] {
  const found = [
    overBudget(lane),
    imprecise(lane),
    ...ofStanding(lane, "nearly_always").map((rule) => firing(lane, rule)),
    insufficient(lane),
    unjudged(lane),
    unused(lane),
    neverFired(lane),
  ];
  return found.filter((finding) => finding !== undefined);
}

function overBudget(lane: Counted): FindingAnswer | undefined {
  if (lane.standing !== "over_twice" && lane.standing !== "over") return undefined;
  const chance = lane.beyondChance
    ? "more than chance explains"
    : "within what chance makes of a lane that keeps its budget";
  return {
    kind: lane.standing,
    text:
      `${count(lane.falseMax, "page")} of ${rounded(lane.weeks)} weeks may be false (${lane.feedback.noise} called noise, ` +
      `${lane.unjudged} not judged) where ${rounded(lane.accepted)} are accepted: ${chance}.`,
    next:
      lane.unjudged > 0
        ? "Say of each page that is not judged whether it was real: the buttons at the incident, or `lanewatch incident feedback`."
        : `${loudest(lane)}\`lanewatch backtest -s ${quoted(lane.swimlane)} --budget 0.1,0.25,1\` shows what another budget costs in delay.`,
  };
}

/** Where the noise comes from: "" or a sentence and a space. */
function loudest({ rules }: Counted): string {
  const worst = [...rules].sort((a, b) => b.falsePages - a.falsePages)[0];
  if (worst === undefined || worst.falsePages === 0) return "";
  return `Most of the noise is of \`${worst.detector}\` (${count(worst.falsePages, "page")}). `;
}

function imprecise(lane: Counted): FindingAnswer | undefined {
  const { real, fixed, noise } = lane.feedback;
  const told = real + fixed + noise;
  if (lane.precision === null || lane.precision >= PRECISION_MIN || told < PRECISION_PAGES_MIN)
    return undefined;
  return {
    kind: "imprecise",
    text: `Only ${real + fixed} of ${told} judged pages were real.`,
    next: `${loudest(lane)}Lower \`pageBudget\` of the lane, and look with \`lanewatch backtest\` at what it then still finds.`,
  };
}

function firing(lane: Counted, rule: RuleAnswer): FindingAnswer {
  const more = rule.nearlyAlwaysSeriesCount - rule.nearlyAlways.length;
  const where = `${rule.nearlyAlways.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  return {
    kind: "nearly_always",
    text: `\`${rule.detector}\` fires nearly always on ${where}: it tells nothing any more.`,
    next:
      `If the data is to stay as it is, hold it to a new period: \`lanewatch baseline promote -s ${quoted(lane.swimlane)}\`. ` +
      "If it is a fault, it is an old one that nobody mended.",
  };
}

function insufficient(lane: Counted): FindingAnswer | undefined {
  const blind = ofStanding(lane, "insufficient");
  if (blind.length === 0) return undefined;
  return {
    kind: "insufficient",
    text: `${named(blind)} could not answer once (${sumOf(blind)} verdicts, all \`insufficient\`): that they never fired says nothing.`,
    next: "The lane has too few records a window, or too little history: judge larger windows too (`lanes.*.coarser`), and wait for history.",
  };
}

function unjudged(lane: Counted): FindingAnswer | undefined {
  if (lane.unjudged === 0 || lane.standing === "over" || lane.standing === "over_twice") return undefined;
  return {
    kind: "unjudged",
    text: `Nobody has judged ${lane.unjudged} of ${count(lane.pages, "page")}: precision is not known of them.`,
    next: "Say whether they were real: the buttons at the incident, or `lanewatch incident feedback`.",
  };
}

/** A monitor that never pages keeps any budget. */
function unused(lane: Counted): FindingAnswer | undefined {
  if (poissonInterval(lane.pages).high >= lane.accepted) return undefined;
  return {
    kind: "unused",
    text: `${count(lane.pages, "page")} where ${rounded(lane.accepted)} false ones are accepted: the budget is hardly used.`,
    next: `A smaller budget would cost little; \`lanewatch backtest -s ${quoted(lane.swimlane)}\` shows which faults are found, and when.`,
  };
}

function neverFired(lane: Counted): FindingAnswer | undefined {
  const silent = ofStanding(lane, "never_fired");
  if (silent.length === 0) return undefined;
  return {
    kind: "never_fired",
    text: `${named(silent)} answered ${sumOf(silent)} times and never fired.`,
    next:
      "Right where nothing went wrong; a rule that is deaf looks the same. " +
      `\`lanewatch backtest -s ${quoted(lane.swimlane)}\` makes faults of stated sizes and tells which are found.`,
  };
}

function ofStanding({ rules }: Counted, standing: RuleStanding): readonly RuleAnswer[] {
  return rules.filter((rule) => rule.standing === standing);
}

function named(rules: readonly RuleAnswer[]): string {
  const names = rules.slice(0, RULES_NAMED_MAX).map(({ detector }) => `\`${detector}\``);
  const more = rules.length - names.length;
  return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function sumOf(rules: readonly RuleAnswer[]): string {
  return rules.reduce((sum, { verdictCount }) => sum + verdictCount, 0).toLocaleString("en-US");
}

/** For a shell. */
function quoted(swimlane: string): string {
  return /^[\w./-]+$/.test(swimlane) ? swimlane : `'${swimlane.replaceAll("'", "'\\''")}'`;
}

const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;
const rounded = (n: number) => String(Number(n.toPrecision(3)));
