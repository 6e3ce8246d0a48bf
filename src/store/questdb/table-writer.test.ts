import { describe, expect, test } from "vitest";
import { type Clock, systemClock } from "../../base/clock.ts";
import { Telemetry } from "../../base/telemetry.ts";
import { StoreUnreachableError } from "../errors.ts";
import type { Cells } from "../rows.ts";
import { STATES } from "../schema.ts";
import { questDbOptionsSchema } from "./options.ts";
import { RequestRejectedError } from "./row-sender.ts";
import { TableWriter } from "./table-writer.ts";

/** Time passes only by sleeping, and then at once. */
function hastyClock(): Clock {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    elapsedMs: () => nowMs,
    sleep: async (delayMs) => {
      nowMs += delayMs;
    },
  };
}

function row(key: string): Cells {
  return [0, key, "value"];
}

/** A server that keeps rows, refuses a request with a key in `bad`, and is away for the first `awayCount` requests. */
function startWriter(server: {
  bad?: readonly string[];
  awayCount?: number;
  options?: object;
  clock?: Clock;
}) {
  const kept: string[] = [];
  let requests = 0;
  const send = async (rows: readonly Cells[]) => {
    requests++;
    if (requests <= (server.awayCount ?? 0))
      throw new StoreUnreachableError("QuestDB", "here", "writing", new Error("refused"));
    const keys = rows.map((cells) => cells[1] as string);
    if (keys.some((key) => server.bad?.includes(key))) throw new RequestRejectedError("statusCode=400");
    kept.push(...keys);
  };
  const options = questDbOptionsSchema.parse({ type: "questdb", flushIntervalMs: 0, ...server.options });
  const deps = {
    clock: server.clock ?? hastyClock(),
    telemetry: new Telemetry({ level: "silent" }),
    sender: { send, close: async () => {} },
  };
  const writer = new TableWriter(STATES, options, deps);
  return { writer, kept, requests: () => requests };
}

describe("a server that refuses", () => {
  test("loses only the bad rows; their callers are told which, the others that theirs are written", async () => {
    const { writer, kept } = startWriter({ bad: ["k3", "k40"] });
    const callers = Array.from({ length: 10 }, (_, i) =>
      writer.write(Array.from({ length: 10 }, (_, j) => row(`k${i * 10 + j}`))),
    );
    const answers = await Promise.allSettled(callers);
    expect(answers.map(({ status }) => status === "rejected")).toEqual([
      true,
      false,
      false,
      false,
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
    expect(kept).toHaveLength(98);
    await expect(callers[4]).rejects.toMatchObject({
      code: "STORE_ROWS_REJECTED",
      retryable: false,
      context: { table: "states", rejectedCount: 2 },
      message: expect.stringContaining("key=k40"),
    });
  });

  test("keeps the order of rows while the bad ones are searched", async () => {
    const { writer, kept } = startWriter({ bad: ["k5"] });
    await expect(writer.write(Array.from({ length: 9 }, (_, i) => row(`k${i}`)))).rejects.toThrow("k5");
    expect(kept).toEqual(["k0", "k1", "k2", "k3", "k4", "k6", "k7", "k8"]);
  });

  test("is not asked for ever when it refuses everything", async () => {
    const keys = Array.from({ length: 5_000 }, (_, i) => `k${i}`);
    const { writer, kept, requests } = startWriter({ bad: keys });
    await expect(writer.write(keys.map(row))).rejects.toMatchObject({ context: { rejectedCount: 5_000 } });
    expect(kept).toEqual([]);
    expect(requests()).toBeLessThan(250);
  });
});

describe("a server that is away", () => {
  test("gets the same rows once it is back, and no caller notices", async () => {
    const { writer, kept, requests } = startWriter({ awayCount: 5 });
    await writer.write([row("a"), row("b")]);
    expect(kept).toEqual(["a", "b"]);
    expect(requests()).toBe(6);
  });

  test("past the deadline fails the write with an error that may be retried, and the next write is tried anew", async () => {
    const { writer, kept } = startWriter({ awayCount: 4, options: { retryDeadlineMs: 1_000 } });
    await expect(writer.write([row("a")])).rejects.toMatchObject({
      code: "STORE_UNREACHABLE",
      retryable: true,
    });
    await writer.write([row("b")]);
    expect(kept).toEqual(["b"]);
  });

  test("does not hold up a close", async () => {
    const { writer } = startWriter({
      awayCount: 1_000_000,
      options: { retryDeadlineMs: 1e9 },
      clock: systemClock,
    });
    const written = writer.write([row("a")]);
    const failed = expect(written).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    await writer.close();
    await failed;
  });
});

test("a write larger than a request is cut into several, in order", async () => {
  const { writer, kept, requests } = startWriter({ options: { requestRowsMax: 10 } });
  const keys = Array.from({ length: 35 }, (_, i) => `k${i}`);
  await writer.write(keys.map(row));
  expect(kept).toEqual(keys);
  expect(requests()).toBe(4);
});
