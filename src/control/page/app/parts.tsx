import type { ExplanationPart } from "../../../../detectors/contract.ts";
import { formatNumber, formatShare } from "./format.ts";
import { visibleName } from "./names.tsx";
import { type TableColumn, TableHead } from "./table-head.tsx";

const COLUMNS: readonly TableColumn[] = [
  { name: "Part" },
  { name: "Before", isNumber: true },
  { name: "After", isNumber: true },
  { name: "Contribution" },
];

/** What a statistic is made of: each part before and after, and its signed contribution. The contributions add up. */
export function Parts({ parts }: { readonly parts: readonly ExplanationPart[] }) {
  const sorted = [...parts].sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  const most = Math.max(1e-12, ...parts.map(({ contribution }) => Math.abs(contribution)));
  const shares = parts.every(
    ({ reference, current }) => reference >= 0 && reference <= 1 && current >= 0 && current <= 1,
  );
  const format = shares ? formatShare : formatNumber;
  const sum = parts.reduce((total, { contribution }) => total + contribution, 0);
  return (
    <div class="scroll">
      <table class="parts">
        <TableHead columns={COLUMNS} />
        <tbody>
          {sorted.map((part) => (
            <tr key={part.label}>
              <th scope="row">
                <bdi class="name">{visibleName(part.label)}</bdi>
              </th>
              <td class="number">{format(part.reference)}</td>
              <td class="number">{format(part.current)}</td>
              <td class="contribution">
                <span
                  class={part.contribution < 0 ? "bar bar-minus" : "bar bar-plus"}
                  style={{ width: `${(Math.abs(part.contribution) / most) * 60}%` }}
                />
                <span class="number">{signed(part.contribution)}</span>
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Sum</th>
            <td colSpan={2} />
            <td class="contribution">
              <span class="number">{signed(sum)}</span>
            </td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

const signed = (value: number) => (value < 0 ? `−${formatNumber(-value)}` : formatNumber(value));
