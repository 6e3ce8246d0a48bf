import { useState } from "preact/hooks";
import type { ExplainAnswer } from "../../verdicts/wire-explain.ts";
import { ask } from "./api.ts";
import { CopyBlock } from "./copy-block.tsx";

/** The verdict's name to copy, and the same question asked here: does the number come out again? */
export function ExplainLine({ verdict }: { readonly verdict: string }) {
  const [told, setTold] = useState("");
  const judgeAgain = async () => {
    setTold("Judging it again from stored rows…");
    try {
      setTold(outcomeText(await ask<ExplainAnswer>("/v1/explain", { verdict })));
    } catch (error) {
      setTold(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <details class="explain">
      <summary>Reproduce it</summary>
      <CopyBlock text={`lanewatch explain ${verdict}`} />
      <p>
        <button type="button" class="quiet" onClick={judgeAgain}>
          Judge it again
        </button>{" "}
        <span class="hint" role="status">
          {told}
        </span>
      </p>
    </details>
  );
}

function outcomeText({ outcome, basis, reasons, differences }: ExplainAnswer): string {
  if (outcome === "equal") return `Equal to the last digit, judged again from ${basis}.`;
  if (outcome === "unknown") return `Not judged again: ${reasons.join("; ")}.`;
  const fields = differences.map(({ field, stored, again }) =>
    field === "explanation" ? field : `${field} ${stored} → ${again}`,
  );
  return `Differs (${fields.join(", ")}), judged again from ${basis}. It may be that ${reasons.join("; ")}.`;
}
