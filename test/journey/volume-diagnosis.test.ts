/** A page about missing records says which loss it is: from the lane's sources, its partitions, rejects and lateness. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { runCommandLine } from "../../src/app/cli/command-line.ts";
import { IncidentService } from "../../src/app/incident/incident-service.ts";
import { systemClock } from "../../src/base/clock.ts";
import { OperationalError } from "../../src/base/errors.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import { zeroOutcomes } from "../../src/decode/outcome.ts";
import { readExplanation } from "../../src/incident/explanation.ts";
import { emptyProfile } from "../../src/sketch/profile.ts";
import type { PartitionEnd } from "../../src/source/contract.ts";
import type { IncidentRow } from "../../src/store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../src/store/index.ts";
import { verdictRow, windowRow } from "../conformance/store-rows.ts";

vi.setConfig({ testTimeout: 120_000 });
const folder = mkdtempSync(join(tmpdir(), "lanewatch-diagnosis-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface IncidentLine {
  readonly swimlane: string;
  readonly title: string;
  readonly explanation: { readonly causes: readonly { readonly cause: string; readonly text: string }[] };
}

// After eight days both sources of lane "both" stop, and one of the two of lane "one"; a third lane goes on.
test("one source that stops is told from a lane that stops whole", async () => {
  const HOUR_MS = 3_600_000;
  const lines: string[] = [];
  for (let hour = 0; hour < 198; hour++) {
    for (let i = 0; i < 12; i++) {
      const ts = Date.UTC(2026, 0, 1) + hour * HOUR_MS + (i * HOUR_MS) / 12;
      const isOver = hour >= 192;
      const record = (swimlane: string, source: string) =>
        lines.push(JSON.stringify({ ts, swimlane, source, features: { x: (hour + i) % 5 } }));
      if (!isOver) for (const source of ["clicks", "views"]) record("both", source);
      if (!isOver) record("one", "clicks");
      record("one", "views");
      record("steady", "clicks");
    }
  }
  writeFileSync(join(folder, "r.jsonl"), lines.join("\n"));
  writeFileSync(
    join(folder, "c.yaml"),
    "lanes: { defaults: { window: 1h, allowedLateness: 1s, lateMax: 9999d } }\nincidents: { groupLanes: 0 }\n",
  );
  const words = [
    "replay",
    join(folder, "r.jsonl"),
    "-c",
    join(folder, "c.yaml"),
    "-o",
    join(folder, "out"),
    "--quiet",
  ];
  expect(await runCommandLine(words)).toBe(0);
  const incidents = readFileSync(join(folder, "out", "incidents.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as IncidentLine);
  const causesOf = (swimlane: string) =>
    incidents.filter((each) => each.swimlane === swimlane).flatMap(({ explanation }) => explanation.causes);
  expect(causesOf("one")).toContainEqual({
    cause: "one-source",
    text: "clicks alone: views brought as many records as before.",
  });
  expect(causesOf("both").map(({ cause }) => cause)).toEqual(
    expect.arrayContaining(["all-sources", "stopped"]),
  );
  expect(causesOf("steady")).toEqual([]);
});

const MINUTE_MS = 60_000;
const T0_MS = Date.UTC(2026, 10, 23, 12);
const LANE = { swimlane: "prod", source: "clicks" };

/** Records of one partition in one minute, and what was not used of its offsets; minutes follow one another. */
interface Minute {
  readonly partition: number;
  readonly minute: number;
  readonly ok: number;
  readonly other?: Readonly<Record<string, number>>;
}

/** The causes that the service's incident tells when the last minute's volume is anomalous. */
async function causesOf(
  minutes: readonly Minute[],
  lastMinute: number,
  partitionEnds?: () => Promise<readonly PartitionEnd[]>,
) {
  const telemetry = new Telemetry({ level: "silent" });
  const store = makeStore(storeOptionsSchema.parse({ type: "duckdb" }), { clock: systemClock, telemetry });
  await store.open();
  const told: IncidentRow[] = [];
  try {
    const offsets = new Map<number, number>();
    for (const { partition, minute, ok, other = {} } of minutes) {
      const startOffset = offsets.get(partition) ?? 0;
      const count = ok + Object.values(other).reduce((sum, each) => sum + each, 0);
      offsets.set(partition, startOffset + count);
      const windowStartMs = T0_MS + minute * MINUTE_MS;
      const window = {
        ...LANE,
        windowStartMs,
        windowSizeMs: MINUTE_MS,
        feature: "*",
        kind: "records" as const,
      };
      const key = { topic: "clicks", partition, startOffset, endOffset: startOffset + count, shape: "s" };
      const times = ok === 0 ? [Number.NaN, Number.NaN] : [windowStartMs, windowStartMs + MINUTE_MS - 1];
      await store.writeSegments([
        {
          manifest: {
            ...key,
            startedAtMs: windowStartMs,
            rowCount: ok === 0 ? 0 : 1,
            eventTimeMinMs: times[0]!,
            eventTimeMaxMs: times[1]!,
            byteCount: count * 100,
            outcomes: { ...zeroOutcomes(), ok, ...other },
          },
          profiles: ok === 0 ? [] : [{ ...window, profile: { ...emptyProfile(), presentCount: ok } }],
        },
      ]);
    }
    const service = new IncidentService({
      store,
      clock: systemClock,
      telemetry,
      incidents: {},
      ...(partitionEnds === undefined ? {} : { partitionEnds }),
      deliver: async (rows) => void told.push(...rows),
    });
    const at = { ...LANE, windowStartMs: T0_MS + lastMinute * MINUTE_MS, windowSizeMs: MINUTE_MS };
    await store.writeWindows([windowRow({ ...at, recordCount: 400 })], []);
    const explanation = JSON.stringify({ expected: 1_000, value: 400 });
    const verdict = verdictRow({
      ...at,
      feature: "*",
      detector: "volume",
      answer: "anomalous",
      severity: "page",
      effect: -0.6,
      explanation,
    });
    await service.observe([{ window: at, verdicts: [verdict] }]);
  } finally {
    await store.close();
  }
  return readExplanation(told.at(-1)!)!.causes;
}

/** Three healthy minutes of two partitions, and the minute that follows. */
function withLast(...last: readonly Minute[]): readonly Minute[] {
  const healthy = [0, 1, 2].flatMap((minute) =>
    [0, 1].map((partition): Minute => ({ partition, minute, ok: 500, other: { no_time: 5 } })),
  );
  return [...healthy, ...last];
}

describe("where the missing records went", () => {
  test("a partition that fell silent is named, and which one", async () => {
    expect(await causesOf(withLast({ partition: 0, minute: 3, ok: 400 }), 3)).toEqual([
      { cause: "partitions", text: "1 of 2 partitions sent nothing: clicks partition 1." },
    ]);
  });

  test("records that were rejected instead are counted beyond the few that always are, by reason", async () => {
    const last = [0, 1].map(
      (partition): Minute => ({ partition, minute: 3, ok: 200, other: { no_time: 5, undecodable: 300 } }),
    );
    const [cause, ...others] = await causesOf(withLast(...last), 3);
    expect(cause).toEqual({
      cause: "rejected",
      text: expect.stringMatching(
        /^(599|600|601) records were rejected where 600 are missing, most as undecodable\.$/,
      ),
    });
    expect(others).toEqual([]);
  });

  test("a segment of which nothing could be used counts for the minute that it lies in", async () => {
    const last: readonly Minute[] = [
      { partition: 0, minute: 3, ok: 400 },
      { partition: 1, minute: 3, ok: 0, other: { no_swimlane: 500 } },
      { partition: 1, minute: 4, ok: 500 },
    ];
    expect((await causesOf(withLast(...last), 3)).map(({ cause }) => cause)).toContain("rejected");
  });

  test("records that came too late instead are told as late", async () => {
    const last = [0, 1].map((partition): Minute => ({ partition, minute: 3, ok: 200, other: { late: 300 } }));
    expect((await causesOf(withLast(...last), 3)).map(({ cause }) => cause)).toEqual(["late"]);
  });

  test("where the counts say nothing, no cause is made up", async () => {
    const last = [0, 1].map(
      (partition): Minute => ({ partition, minute: 3, ok: 200, other: { no_time: 5 } }),
    );
    expect((await causesOf(withLast(...last), 3)).map(({ cause }) => cause)).toEqual(["unknown"]);
  });

  // Partition 1 was idle when the window closed; then 600 records came that are not counted yet.
  const unread = withLast({ partition: 0, minute: 3, ok: 400 });
  const endsAt = (ofFirst: number, ofSecond: number) => async () =>
    [ofFirst, ofSecond].map((endOffset, partition) => ({
      topic: "clicks",
      partition,
      startOffset: 0,
      endOffset,
    }));
  const counted = 3 * 505;

  test("records that lie in the log unread are told first: we are behind, the data may be there", async () => {
    const causes = await causesOf(unread, 3, endsAt(counted + 400, counted + 600));
    expect(causes[0]).toEqual({
      cause: "we-are-behind",
      text: "Lanewatch itself has 600 records still to read where 600 are missing.",
    });
  });

  test("newer records that are under way in a partition that was read beyond the window explain nothing of it", async () => {
    const beyond = withLast(
      { partition: 0, minute: 3, ok: 200, other: { no_time: 5 } },
      { partition: 1, minute: 3, ok: 200, other: { no_time: 5 } },
      { partition: 0, minute: 4, ok: 500 },
      { partition: 1, minute: 4, ok: 500 },
    );
    const causes = await causesOf(beyond, 3, endsAt(1_000_000, 1_000_000));
    expect(causes.map(({ cause }) => cause)).toEqual(["unknown"]);
  });

  test("a broker that does not answer leaves our lag unknown, and the incident goes out with what is known", async () => {
    const causes = await causesOf(unread, 3, async () => {
      throw new OperationalError("no broker", { code: "SOURCE_UNREACHABLE", retryable: true });
    });
    expect(causes.map(({ cause }) => cause)).toEqual(["partitions"]);
  });
});
