import { errorText } from "../../base/errors.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import type { Service } from "../service.ts";
import { EXIT } from "./exit.ts";

/** Longest that a stop may take before the process ends anyway: what is acknowledged is safe, the rest is read again. */
const STOP_MS_MAX = 20_000;

/**
 * Starts the service and runs it until SIGINT or SIGTERM, until its sources end, or until it fails.
 * A second signal ends the process at once.
 */
export async function untilSignal(
  service: Service,
  telemetry: Telemetry,
  started?: () => void,
): Promise<number> {
  const signal = new Promise<"signal">((resolve) => {
    for (const name of ["SIGINT", "SIGTERM"] as const) {
      process.once(name, () => {
        resolve("signal");
        process.once(name, () => process.exit(EXIT.failed));
      });
    }
  });
  try {
    const starting = service.start();
    starting.catch(() => {});
    if ((await Promise.race([signal, starting])) !== "signal") {
      started?.();
      if ((await Promise.race([signal, service.finished])) !== "signal") await service.drain();
    }
  } catch (error) {
    telemetry.error(
      "the process ends; what was acknowledged is safe, the next start reads on from there",
      error,
    );
    process.stderr.write(`lanewatch: ${errorText(error)}\n`);
    await stopInTime(service, telemetry);
    return EXIT.failed;
  }
  await stopInTime(service, telemetry);
  return EXIT.ok;
}

async function stopInTime(service: Service, telemetry: Telemetry): Promise<void> {
  const timer = setTimeout(() => {
    telemetry.log("error", "stopping took too long; the process ends. What was acknowledged is safe.");
    process.exit(EXIT.failed);
  }, STOP_MS_MAX);
  await service.stop();
  clearTimeout(timer);
}
