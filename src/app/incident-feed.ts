/** Brings judged windows to the incident service: within the process in event-time order, or as jobs from other processes. */
import { OperationalError } from "../base/errors.ts";
import type { JobQueue } from "../queue/contract.ts";
import { type LaneName, laneKey } from "../rollup/lane-progress.ts";
import type { Store, VerdictRow } from "../store/contract.ts";
import type { JudgedWindow } from "./audit-service.ts";
import type { IncidentService, WindowVerdicts } from "./incident-service.ts";

/** Windows of one lane and source whose verdicts are to be looked at. */
export interface IncidentJob extends LaneName {
  readonly windowSizeMs: number;
  /** Half-open span of window starts, epoch ms. */
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Verdicts that the store must show before they are looked at. */
  readonly verdictCount: number;
}

/** Collects what is judged and has it observed in event-time order over all lanes, whichever lane was judged first. */
export class IncidentInbox {
  readonly #service: IncidentService;
  #waiting: WindowVerdicts[] = [];

  constructor(service: IncidentService) {
    this.#service = service;
  }

  get hasNews(): boolean {
    return this.#waiting.length > 0;
  }

  add(judged: readonly JudgedWindow[]): void {
    this.#waiting.push(...judged.map(({ complete, verdicts }) => ({ window: complete.window, verdicts })));
  }

  async flush(): Promise<void> {
    const windows = this.#waiting;
    this.#waiting = [];
    if (windows.length > 0) await this.#service.observe(windows);
  }
}

/** The job that has another process look at judged windows of one lane. */
export async function enqueueIncidentJob(
  queue: JobQueue<IncidentJob>,
  judged: readonly JudgedWindow[],
): Promise<void> {
  const first = judged[0]?.complete.window;
  const last = judged.at(-1)?.complete.window;
  if (first === undefined || last === undefined) return;
  const { swimlane, source, windowSizeMs } = first;
  const verdictCount = new Set(judged.flatMap(({ verdicts }) => verdicts.map(verdictName))).size;
  const job = {
    swimlane,
    source,
    windowSizeMs,
    sinceMs: first.windowStartMs,
    untilMs: last.windowStartMs + 1,
    verdictCount,
  };
  await queue.add(`${laneKey(first)}|${job.sinceMs}|${job.untilMs}|r${last.revision}`, job);
}

/** Equal for rows that replace one another in the store. */
function verdictName(row: VerdictRow): string {
  return `${row.windowStartMs}|${row.feature}|${row.detector}`;
}

/** Reads the job's verdicts from the store and has them observed. */
export async function runIncidentJob(
  job: IncidentJob,
  store: Store,
  service: IncidentService,
): Promise<void> {
  const { swimlane, source, windowSizeMs, sinceMs, untilMs } = job;
  const filter = { swimlane, source, windowSizeMs, sinceMs, untilMs, limit: 10_000_000 };
  const verdicts = await store.readVerdicts(filter);
  if (verdicts.length < job.verdictCount) {
    throw new OperationalError(
      `the store shows ${verdicts.length} of ${job.verdictCount} verdicts of lane "${swimlane}"; they are looked at again`,
      {
        code: "INCIDENT_VERDICTS_NOT_VISIBLE",
        retryable: true,
        context: { ...job },
      },
    );
  }
  const byWindow = new Map<number, VerdictRow[]>();
  for (const row of verdicts) {
    const group = byWindow.get(row.windowStartMs);
    if (group === undefined) byWindow.set(row.windowStartMs, [row]);
    else group.push(row);
  }
  await service.adopt();
  await service.observe(
    [...byWindow].map(([windowStartMs, rows]) => ({
      window: { swimlane, source, windowSizeMs, windowStartMs },
      verdicts: rows,
    })),
  );
}
