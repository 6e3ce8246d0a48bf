import { expect, test } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { Telemetry } from "../../base/telemetry.ts";
import type { MonitorAlert } from "../../notify/monitor.ts";
import { bad, OK, type Probe, type Reading, UNKNOWN } from "./alerts.ts";
import { MonitorWatch } from "./monitor-watch.ts";

const BOUND_MS = 90_000;
const CLEAR_MS = 30_000;

/** One condition that a script turns, looked at every five seconds. */
function watching(isTold = true) {
  const clock = new ManualClock(0);
  const lines: string[] = [];
  const telemetry = new Telemetry({ destination: { write: (line: string) => void lines.push(line) } });
  const told: MonitorAlert[] = [];
  let reading: Reading = OK;
  const probe: Probe = { alert: "store-unreachable", boundMs: BOUND_MS, look: async () => reading };
  const tell = (alert: MonitorAlert) => {
    told.push(alert);
    return isTold;
  };
  const watch = new MonitorWatch({ probes: [probe], clock, telemetry, clearMs: CLEAR_MS, tell });
  const go = async (next: Reading, forMs: number) => {
    reading = next;
    for (const untilMs = clock.nowMs() + forMs; clock.nowMs() < untilMs; ) {
      await watch.look();
      clock.advanceTo(clock.nowMs() + 5_000);
    }
  };
  const states = () => told.map(({ active }) => active);
  return { go, states, told, lines, telemetry };
}

const AWAY = bad("the store does not answer");

test("bad for shorter than the bound tells nothing; for longer, once; well again, once", async () => {
  const { go, states, told } = watching();
  await go(OK, 10_000);
  await go(AWAY, BOUND_MS - 10_000);
  await go(OK, 60_000);
  expect(states()).toEqual([false]);
  await go(AWAY, 3 * BOUND_MS);
  expect(states()).toEqual([false, true]);
  expect(told[1]).toMatchObject({
    code: "store-unreachable",
    severity: "page",
    summary: "the store does not answer",
  });
  await go(OK, 60_000);
  expect(states()).toEqual([false, true, false]);
});

test("the log is told what is over, not what was well from the first look on", async () => {
  const { go, lines } = watching();
  await go(OK, 10_000);
  expect(lines).toEqual([]);
  await go(AWAY, BOUND_MS + 10_000);
  await go(OK, CLEAR_MS + 10_000);
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
    "Lanewatch itself: the store does not answer",
    "the monitor is well in this respect",
  ]);
});

test("an engine that comes and goes is one alert until it stayed", async () => {
  const { go, states } = watching();
  await go(AWAY, BOUND_MS + 10_000);
  for (let i = 0; i < 10; i++) {
    await go(OK, CLEAR_MS - 10_000);
    await go(AWAY, 10_000);
  }
  expect(states()).toEqual([true]);
  await go(OK, CLEAR_MS + 10_000);
  expect(states()).toEqual([true, false]);
});

test("what could not be looked at neither begins nor ends an alert", async () => {
  const { go, states } = watching();
  await go(UNKNOWN, 10 * BOUND_MS);
  expect(states()).toEqual([]);
  await go(AWAY, BOUND_MS + 10_000);
  await go(UNKNOWN, 10 * CLEAR_MS);
  expect(states()).toEqual([true]);
});

test("without a route about the monitor the log says aloud that nobody is told, and the metric shows it", async () => {
  const { go, lines, telemetry } = watching(false);
  await go(AWAY, BOUND_MS + 10_000);
  const [line] = lines.map((text) => JSON.parse(text)).filter(({ level }) => level === 50);
  expect(line.msg).toContain("NOBODY IS TOLD");
  expect(await telemetry.registry.metrics()).toContain(
    'lanewatch_monitor_alert_active{alert="store-unreachable"} 1',
  );
});
