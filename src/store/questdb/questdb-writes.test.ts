/** What the store does with each answer that a server may give, over real HTTP. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { systemClock } from "../../base/clock.ts";
import { Telemetry } from "../../base/telemetry.ts";
import { emptyProfile } from "../../sketch/profile.ts";
import type { ProfileRow, Store, WindowRow } from "../contract.ts";
import { TableStore } from "../table-store.ts";
import { questDbOptionsSchema } from "./options.ts";
import { QuestDbTables } from "./questdb-tables.ts";

type Answer = (response: ServerResponse, requestCount: number) => void;

let server: Server | undefined;
let store: Store | undefined;

afterEach(async () => {
  await store?.close();
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
});

/** A server that logs which table each request is for when it comes and when it was answered. */
async function startStore(
  answer: Answer,
  more: object = {},
): Promise<{ store: Store; log: string[]; headers: string[] }> {
  const log: string[] = [];
  const headers: string[] = [];
  server = createServer(async (request: IncomingMessage, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const table = /^\w+/.exec(body)?.[0] ?? "?";
    log.push(`${table} came`);
    headers.push(String(request.headers.authorization));
    response.once("finish", () => log.push(`${table} ${response.statusCode}`));
    answer(response, log.filter((line) => line.endsWith("came")).length);
  });
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const options = questDbOptionsSchema.parse({
    type: "questdb",
    http: `http://127.0.0.1:${port}`,
    flushIntervalMs: 0,
    ...more,
  });
  const telemetry = new Telemetry({ level: "silent" });
  store = new TableStore(new QuestDbTables(options, { clock: systemClock, telemetry }));
  return { store, log, headers };
}

function answerWith(...statuses: number[]): Answer {
  return (response, requestCount) => {
    response.statusCode = statuses[Math.min(requestCount, statuses.length) - 1]!;
    response.end();
  };
}

const at = {
  windowStartMs: 60_000,
  windowSizeMs: 60_000,
  swimlane: "prod",
  source: "clicks",
  revision: 1,
  recordCount: 1,
};
const window: WindowRow = { ...at, profileCount: 1, segmentCount: 1, mergedAtMs: 0 };
const profile: ProfileRow = { ...at, feature: "age", kind: "feature", profile: emptyProfile() };

// The window's row vouches for its profiles: it must not be on its way before they are acknowledged.
test("profiles are acknowledged before their window is sent", async () => {
  const slowly: Answer = (response) => setTimeout(() => response.writeHead(204).end(), 30);
  const { store, log } = await startStore(slowly);
  await store.writeWindows([window], [profile]);
  expect(log).toEqual(["profiles came", "profiles 204", "windows came", "windows 204"]);
});

test("a window is not sent when its profiles were refused", async () => {
  const { store, log } = await startStore(answerWith(400));
  await expect(store.writeWindows([window], [profile])).rejects.toMatchObject({
    code: "STORE_ROWS_REJECTED",
  });
  expect(log).toEqual(["profiles came", "profiles 400"]);
});

test("a server that is overloaded or broken gets the rows again", async () => {
  const { store, log } = await startStore(answerWith(503, 500, 204));
  await store.writeWindows([window], []);
  expect(log.filter((line) => !line.endsWith("came"))).toEqual(["windows 503", "windows 500", "windows 204"]);
});

test("a server that never answers is asked again, and given up at the deadline", async () => {
  const { store, log } = await startStore(() => {}, { requestTimeoutMs: 100, retryDeadlineMs: 700 });
  await expect(store.writeWindows([window], [])).rejects.toMatchObject({
    code: "STORE_UNREACHABLE",
    retryable: true,
  });
  expect(log.length).toBeGreaterThan(1);
});

test("refused credentials are told at once, and those that are set are sent", async () => {
  const { store, log, headers } = await startStore(answerWith(401), {
    httpUser: "ada",
    httpPassword: "a;b=c",
  });
  await expect(store.writeWindows([window], [])).rejects.toMatchObject({
    code: "STORE_UNAUTHORIZED",
    retryable: false,
  });
  expect(log).toHaveLength(2);
  expect(headers).toEqual([`Basic ${Buffer.from("ada:a;b=c").toString("base64")}`]);
});

test("a token goes as a bearer", async () => {
  const { store, headers } = await startStore(answerWith(204), { httpToken: "t0k=en;" });
  await store.writeWindows([window], []);
  expect(headers).toEqual(["Bearer t0k=en;"]);
});
