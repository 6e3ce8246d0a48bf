/** What only this process can see of itself, from the metrics that it exports anyway: both say the same, always. */
import type { Telemetry } from "../../base/telemetry.ts";
import { bad, OK, type Probe } from "./alerts.ts";

/** Fewer records between two looks say nothing about a share. */
const RECORDS_MIN = 1_000;
const NEAR_BOUND = 0.9;

export function waitingProbe(telemetry: Telemetry, bytesMax: number, boundMs: number): Probe {
  return {
    alert: "waiting-bytes",
    boundMs,
    look: async () => {
      const bytes = await sumOf(telemetry, "lanewatch_segment_waiting_bytes");
      if (bytes < bytesMax * NEAR_BOUND) return OK;
      return bad(
        `${bytes} bytes of segments wait for the store, at the bound (segments.waitingBytesMax): reading waits`,
      );
    },
  };
}

export function slowDecodeProbe(telemetry: Telemetry, shareMax: number, boundMs: number): Probe {
  let before = { read: 0, parsed: 0 };
  let last = OK;
  return {
    alert: "slow-decode",
    boundMs,
    look: async () => {
      const read = await sumOf(telemetry, "lanewatch_decode_records_total", { way: "read" });
      const parsed = await sumOf(telemetry, "lanewatch_decode_records_total", { way: "parsed" });
      const count = read + parsed - before.read - before.parsed;
      if (count < RECORDS_MIN) return last;
      const share = (parsed - before.parsed) / count;
      before = { read, parsed };
      last =
        share < shareMax
          ? OK
          : bad(
              `${Math.round(share * 100)} % of the records had to be parsed whole, which costs four times the work`,
            );
      return last;
    },
  };
}

export function deliveryProbe(failing: () => readonly string[], boundMs: number): Probe {
  return {
    alert: "delivery-failing",
    boundMs,
    look: async () => {
      const names = failing();
      if (names.length === 0) return OK;
      return bad(`notifier ${names.map((name) => `"${name}"`).join(", ")} takes no messages; they wait`);
    },
  };
}

async function sumOf(
  telemetry: Telemetry,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const metric = await telemetry.registry.getSingleMetric(name)?.get();
  return (metric?.values ?? [])
    .filter((each) =>
      Object.entries(labels).every(
        ([label, value]) => (each.labels as Record<string, unknown>)[label] === value,
      ),
    )
    .reduce((sum, { value }) => sum + value, 0);
}
