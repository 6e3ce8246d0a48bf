/** An explanation for a terminal: the verdict, whether it comes out again, what it is made of, the SQL. */
import type { ExplainAnswer } from "../../control/verdicts/wire-explain.ts";
import { textTable } from "./text-table.ts";

const CELL_CHARACTERS_MAX = 100;

export function explainText(answer: ExplainAnswer): string {
  const { verdict, rows } = answer;
  const subject = verdict.feature === "*" ? "records" : verdict.feature;
  return [
    verdict.name,
    `  ${verdict.swimlane}, source ${verdict.source}: ${subject}, ${verdict.detector}`,
    `  window      ${iso(verdict.windowStartMs)} to ${iso(verdict.windowEndMs)}, revision ${verdict.revision}, ${rows.recordCount ?? "?"} records`,
    `  answer      ${verdict.answer}${verdict.answer === "anomalous" ? ` (${verdict.severity})` : ""}`,
    `  statistic   ${number(verdict.statistic)}, held against ${number(verdict.threshold)}`,
    `  effect      ${number(verdict.effect)}, significance ${number(verdict.significance)}, sketch error ${number(verdict.sketchError)}`,
    ...(verdict.incidentId === "" ? [] : [`  incident    ${verdict.incidentId}`]),
    ...(verdict.summary === "" ? [] : [`  ${verdict.summary}`]),
    "",
    ...outcomeLines(answer),
    ...partLines(answer),
    "",
    "SQL (QuestDB and DuckDB alike):",
    ...answer.sql.map((sql) => `  ${sql};`),
    "",
  ].join("\n");
}

function outcomeLines({ outcome, differences, basis, reasons }: ExplainAnswer): readonly string[] {
  const why = reasons.map((reason) => `  ${reason}`);
  switch (outcome) {
    case "equal":
      return [`equal: judged again from ${basis}, every number is the same`];
    case "unknown":
      return ["unknown:", ...why];
    case "differs": {
      const rows = differences.map(({ field, stored, again }) => [field, cell(stored), cell(again)]);
      return [
        `differs: judged again from ${basis}`,
        ...textTable(["", "stored", "again"], rows, 3),
        "it may be that:",
        ...why,
      ];
    }
  }
}

function partLines({ verdict }: ExplainAnswer): readonly string[] {
  const { parts, reference, value, expected, lower, upper } = verdict.explanation;
  const lines: string[] = [];
  if (reference !== "") lines.push("", `held to "${reference}"`);
  if (expected !== null)
    lines.push(
      "",
      `came ${number(value)}, expected ${number(expected)}, lower limit ${number(lower)}, upper limit ${number(upper)}`,
    );
  if (parts.length === 0) return lines;
  const rows = parts.map((part) => [
    part.label,
    number(part.reference),
    number(part.current),
    number(part.contribution),
  ]);
  return [...lines, "", ...textTable(["part", "before", "after", "contribution"], rows)];
}

function number(value: number | null): string {
  return value === null ? "-" : String(Number(value.toPrecision(6)));
}

function cell(text: string): string {
  return text.length <= CELL_CHARACTERS_MAX ? text : `${text.slice(0, CELL_CHARACTERS_MAX)}…`;
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(".000Z", "Z");
}
