import type { RuleAnswer, RuleStanding } from "../../page-budget/wire-page-budget.ts";
import { formatExact } from "./format.ts";
import { HealthBadge } from "./health.tsx";
import { type TableColumn, TableHead } from "./table-head.tsx";

const COLUMNS: readonly TableColumn[] = [
  { name: "Standing" },
  { name: "Detector" },
  { name: "Verdicts", isNumber: true },
  { name: "Anomalous", isNumber: true },
  { name: "Could not answer", isNumber: true, title: "Too few records, or too little history" },
  { name: "Pages", isNumber: true },
  { name: "Called noise", isNumber: true },
];

const BADGES = {
  nearly_always: { health: "warn", word: "Nearly always" },
  insufficient: { health: "unknown", word: "Could not answer" },
  never_fired: { health: "learning", word: "Never fired" },
  fired: { health: "ok", word: "Fired" },
} as const satisfies Record<RuleStanding, unknown>;

/** What each detector of a lane did, those that tell nothing first. */
export function BudgetRules({ rules }: { readonly rules: readonly RuleAnswer[] }) {
  if (rules.length === 0) return <p class="hint">No verdict of it is stored in this time.</p>;
  return (
    <div class="scroll">
      <table class="budget-table">
        <TableHead columns={COLUMNS} />
        <tbody>
          {rules.map((rule) => (
            <tr key={rule.detector}>
              <td>
                <HealthBadge {...BADGES[rule.standing]} />
              </td>
              <th scope="row">
                {rule.detector}
                {rule.nearlyAlways.length > 0 && <span class="unit"> on {rule.nearlyAlways.join(", ")}</span>}
              </th>
              <td class="number">{formatExact(rule.verdictCount)}</td>
              <td class="number">{formatExact(rule.firedCount)}</td>
              <td class="number">{formatExact(rule.insufficientCount)}</td>
              <td class="number">{rule.pages}</td>
              <td class="number">{rule.falsePages}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
