/** How many jobs there are: by it people, or an autoscaler, say how many audit workers are to run. */
import type { Telemetry } from "../base/telemetry.ts";
import type { JobQueue } from "../queue/contract.ts";
import type { Supervisor } from "./supervisor.ts";

const COUNT_EVERY_MS = 5_000;

/** @param queues by name; one process of a deployment counts them for all. */
export function watchQueueDepth(
  queues: Readonly<Record<string, Pick<JobQueue<never>, "depth"> | undefined>>,
  { supervisor, telemetry }: { readonly supervisor: Supervisor; readonly telemetry: Telemetry },
): void {
  const gauge = telemetry.gauge("queue_jobs", "Jobs that wait or run, as the role control counts them", [
    "queue",
  ]);
  supervisor.every(COUNT_EVERY_MS, "counting the queues' jobs", async () => {
    for (const [name, queue] of Object.entries(queues)) {
      if (queue === undefined) continue;
      // A number of before an outage would look like one of now.
      gauge.remove({ queue: name });
      gauge.set({ queue: name }, await queue.depth());
    }
  });
}
