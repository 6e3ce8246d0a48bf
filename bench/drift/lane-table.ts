/** A harness's lane table as what the auditor is told of each lane: window size and how far the reference reaches. */
import { readFileSync } from "node:fs";

export interface BenchLane {
  readonly swimlane: string;
  readonly windowSizeMs: number;
  /** All records before it are clean: the pinned reference. */
  readonly referenceUntilMs: number;
}

/** @param path `lanes.csv`: swimlane,window_seconds,reference_until,… */
export function readLaneTable(path: string): BenchLane[] {
  const [header, ...lines] = readFileSync(path, "utf8").trim().split("\n");
  const columns = header!.trim().split(",");
  return lines.map((line) => {
    const cells = line.trim().split(",");
    const cell = (name: string): string => cells[columns.indexOf(name)] ?? "";
    return {
      swimlane: cell("swimlane"),
      windowSizeMs: Number(cell("window_seconds")) * 1000,
      referenceUntilMs: utcMs(cell("reference_until")),
    };
  });
}

/** Times without a zone are UTC, as everything in the harness is. */
function utcMs(text: string): number {
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
}
