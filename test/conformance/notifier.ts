/** The laws of every notifier, held against a real HTTP server. A new notifier runs them with one call. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { OperationalError } from "../../src/base/errors.ts";
import type { Notification, Notifier, Reason } from "../../src/notify/contract.ts";
import type { IncidentRow } from "../../src/store/contract.ts";
import { incidentExample } from "../harness/incident-example.ts";
import { type AnswerWith, type Receiver, refusedUrl, startReceiver } from "../harness/receiver.ts";

/** For one attempt in these tests. */
export const TEST_TIMEOUT_MS = 1_500;

const NOW_MS = Date.parse("2026-03-02T14:30:00Z");
const REASONS: readonly Reason[] = [
  "opened",
  "worsened",
  "reminder",
  "resolved",
  "monitor",
  "acknowledged",
  "keepalive",
];

/** @param make the notifier, sending to `url`, with {@link TEST_TIMEOUT_MS}. */
export function notifierLaws(name: string, make: (url: string) => Notifier): void {
  describe(`${name} keeps the laws of a notifier`, () => {
    let receiver: Receiver;
    beforeAll(async () => {
      receiver = await startReceiver();
    });
    beforeEach(() => {
      receiver.answer([]);
      (receiver.received as unknown[]).length = 0;
    });
    afterAll(() => receiver.close());

    const send = (changes: Partial<Notification> = {}, signal = new AbortController().signal) =>
      make(receiver.url).send(notification(changes), signal);

    test("every reason and state is one POST of JSON that carries the incident's id", async () => {
      for (const reason of REASONS)
        await send({ reason, incident: row({ state: reason === "resolved" ? "resolved" : "open" }) });
      expect(receiver.received).toHaveLength(REASONS.length);
      for (const { headers, text } of receiver.received) {
        expect(headers["content-type"]).toMatch(/^application\/json/);
        if (!name.startsWith("slack")) expect(text).toContain("inc-0123456789abcdef");
      }
    });

    test("any 2xx is acceptance", async () => {
      for (const status of [200, 202, 204]) {
        receiver.answer([status]);
        await send();
      }
    });

    test.each<[AnswerWith, boolean]>([
      [408, true],
      [429, true],
      [500, true],
      [503, true],
      ["hang", true],
      ["reset", true],
      [301, false],
      [400, false],
      [401, false],
      [404, false],
      [413, false],
    ])("an answer of %s fails once, and may be tried again: %s", async (answer, retryable) => {
      receiver.answer([answer]);
      const error = await send().catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(OperationalError);
      expect((error as OperationalError).retryable).toBe(retryable);
      await expect.poll(() => receiver.received.length, { timeout: 5_000 }).toBe(1);
    });

    test("a receiver that is not there may be tried again", async () => {
      const error = await make(await refusedUrl())
        .send(notification(), new AbortController().signal)
        .catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: "NOTIFY_UNREACHABLE", retryable: true });
    });

    test("Retry-After is passed on in milliseconds", async () => {
      receiver.answer([429], 200, { "retry-after": "7" });
      await expect(send()).rejects.toMatchObject({ context: { retryAfterMs: 7_000 } });
    });

    test("an abort ends an attempt that hangs, at once", async () => {
      receiver.answer(["hang"]);
      const abort = new AbortController();
      const sending = send({}, abort.signal);
      abort.abort();
      await expect(sending).rejects.toBeInstanceOf(OperationalError);
    });

    test("an error names the host and never the address's path, where secrets are", async () => {
      const secret = `${receiver.url}/services/T000/B000/hunter2`;
      receiver.answer([403]);
      const error = await make(secret)
        .send(notification(), new AbortController().signal)
        .catch((caught: unknown) => caught);
      expect(String((error as Error).message)).toContain("127.0.0.1");
      expect(JSON.stringify([(error as OperationalError).context, (error as Error).message])).not.toContain(
        "hunter2",
      );
    });

    test("names and titles that are long, odd or hostile arrive as valid JSON", async () => {
      const odd = `"\\\n\u2028 <script> ${"é😀".repeat(2_000)}`;
      await send({ incident: row({ title: odd, swimlane: odd, members: `${odd}:ks` }) });
      expect(receiver.received[0]!.body).toBeTruthy();
    });

    test("a row whose explanation is not ours is told all the same", async () => {
      await send({ incident: row({ explanation: "not JSON" }) });
      expect(receiver.received).toHaveLength(1);
    });
  });
}

function row(changes: Partial<IncidentRow>): IncidentRow {
  return { ...incidentExample(), ...changes };
}

function notification(changes: Partial<Notification> = {}): Notification {
  return {
    incident: row({}),
    reason: "opened",
    url: "https://lanewatch.example/i/1",
    deliveryId: "d-1",
    atMs: NOW_MS,
    ...changes,
  };
}
