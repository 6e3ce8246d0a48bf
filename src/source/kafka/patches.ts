/**
 * What we change inside kafkajs 2.2.4, which is dormant: done once a process, and only when the files that we bind to
 * are byte for byte those that it was written against. Otherwise kafkajs stays as it is, and a warning says so: all
 * works on, slower.
 *
 * 1. The idle timer: every idle connection wakes up a thousand times a second
 *    (https://github.com/tulios/kafkajs/issues/1751).
 * 2. Lazy batches (lazy-decoder.ts): one object for each record batch instead of one for each record.
 * 3. Aborted transactions (aborted.ts).
 * 4. Whole answers: one that came in one piece (frame-socket.ts) is not copied.
 * 5. Topic ids (topic-ids.ts): nothing is changed, but a request is sent that kafkajs does not know.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Telemetry } from "../../base/telemetry.ts";
import { type AbortedTransaction, dropAborted } from "./aborted.ts";
import {
  type BatchMessage,
  createLazyDecoder,
  type DecoderParts,
  type FetchDecoder,
} from "./lazy-decoder.ts";

const require = createRequire(import.meta.url);
/** kafkajs has no `exports`, so its inner files can be named; the folder is that of the copy which we import. */
const KAFKAJS = join(dirname(require.resolve("kafkajs/package.json")), "src");

/** SHA-256 of kafkajs 2.2.4's files, by patch. */
const EXPECTED = {
  idleTimer: {
    "network/requestQueue/index.js": "b55986089c14f8f7bfc377922e2e65b3e4c1e7c7af2752d3b10a75dfe9e9260c",
  },
  wholeAnswers: {
    "network/connection.js": "2a993b2e74421ca6d846efd59e4ba74b11100dbe7d40d0f52ea3218e917aafdd",
  },
  lazyBatches: {
    "protocol/recordBatch/v0/decoder.js": "38cae7fc865f9bc51941353e1f6e9419227a8799ba4efb437199393a4eb94819",
    "protocol/requests/fetch/v4/decodeMessages.js":
      "d9fede59bebf84ee15169d0ecc54df594a11722b6ba8d5db535ed1d8548d4fcc",
    "consumer/batch.js": "04ee8657247441599f200af5871ce6b3c4463abe941b97405502f8f5f683face",
    "consumer/filterAbortedMessages.js": "54ce50f2a41ee1686da8b73bf8b502c7dd07c9d7cb0a494cdb36a7fc536ced8e",
    "broker/index.js": "9cbea8898528c439c213080f99d86974460114f81b5034c49aeb593a0337ca90",
  },
  topicIds: {
    "index.js": "38d0022e448f0aaa72ad2ed16fac346a3dd3a2d28b64ca5395cb33a26c8a82e9",
    "cluster/index.js": "3831a6845e4e9fb0de73d5ff50a3695974fb8a927acde677c524fe1c362bd57d",
    "cluster/brokerPool.js": "9994863e891ac2ab243f27f941ef87893889f53d64aa580353fafbb8d11614c6",
    "network/connectionPool.js": "ecba4ba6fc4f2a6e5f336b838b573dcca3f01fb39542530841d68691fe4957de",
    "network/connection.js": "2a993b2e74421ca6d846efd59e4ba74b11100dbe7d40d0f52ea3218e917aafdd",
    "protocol/request.js": "2270900ca6474026c11957fe71ac586881985460ed2554db22ad8870dcaff634",
    "protocol/encoder.js": "9977889e184a9e910e4f6098c36ec6a0ca36c183aa6ead0f24191b6aa1c9a777",
  },
} as const;

export interface PatchOutcome {
  readonly idleTimer: boolean;
  readonly wholeAnswers: boolean;
  readonly lazyBatches: boolean;
  /** Nothing is patched for them: the files that they are asked through are those that are known. */
  readonly topicIds: boolean;
}

let outcome: PatchOutcome | undefined;
/** Set in all that our own consumer does: other users of kafkajs in the same process get messages as ever. */
const ours = new AsyncLocalStorage<true>();

/** Runs a consumer (its fetches, restarts and timers included) with lazy batches, where they are installed. */
export function withLazyBatches<T>(run: () => T): T {
  return ours.run(true, run);
}

/** To be called before the first fetch; later calls change nothing. */
export function patchKafkajs(telemetry: Telemetry): PatchOutcome {
  if (outcome) return outcome;
  const idleTimer = isAsExpected("idleTimer", telemetry);
  if (idleTimer) quietIdleConnections();
  const wholeAnswers = isAsExpected("wholeAnswers", telemetry);
  if (wholeAnswers) keepWholeAnswers();
  const wanted = process.env["LANEWATCH_KAFKA_STOCK_DECODER"] !== "1";
  const lazyBatches = wanted && isAsExpected("lazyBatches", telemetry);
  if (lazyBatches) installLazyBatches();
  const topicIds = isAsExpected("topicIds", telemetry);
  outcome = { idleTimer, wholeAnswers, lazyBatches, topicIds };
  return outcome;
}

/** Compares the installed files with those that the patch was written for, and says so loudly when they differ. */
export function isAsExpected(
  patch: keyof typeof EXPECTED,
  telemetry: Telemetry,
  read: (file: string) => Buffer = (file) => readFileSync(join(KAFKAJS, file)),
): boolean {
  const changed = Object.entries(EXPECTED[patch]).filter(([file, hash]) => sha256(read, file) !== hash);
  if (changed.length === 0) return true;
  telemetry.event(
    "error",
    "source_kafkajs_unpatched",
    "kafkajs is not the version that Lanewatch is made for; it runs unpatched: slower, or without topic ids",
    { patch },
  );
  telemetry.log("error", "changed files of kafkajs", { patch, files: changed.map(([file]) => file) });
  return false;
}

function sha256(read: (file: string) => Buffer, file: string): string {
  try {
    return createHash("sha256").update(read(file)).digest("hex");
  } catch {
    return "missing";
  }
}

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

/** With nothing pending and no throttling there is nothing to check later. */
function quietIdleConnections(): void {
  const { prototype } = require(join(KAFKAJS, "network/requestQueue/index.js")) as {
    prototype: RequestQueue;
  };
  const original = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length === 0 && this.throttledUntil <= Date.now()) return;
    original.call(this);
  };
}

interface Connection {
  chunks: Buffer[];
  bytesBuffered: number;
  processData(bytes: Buffer): void;
}

/** What was left of the last answer is mostly nothing, and would make kafkajs copy the next one to put it behind that. */
function keepWholeAnswers(): void {
  const { prototype } = require(join(KAFKAJS, "network/connection.js")) as { prototype: Connection };
  const original = prototype.processData;
  prototype.processData = function (this: Connection, bytes: Buffer) {
    if (this.bytesBuffered === 0) this.chunks = [];
    original.call(this, bytes);
  };
}

interface FetchAnswer {
  readonly responses: readonly {
    readonly partitions: { abortedTransactions?: AbortedTransaction[]; readonly messages: BatchMessage[] }[];
  }[];
}

function installLazyBatches(): void {
  forgetFetchModules();
  const decoderFile = require.resolve(join(KAFKAJS, "protocol/recordBatch/v0/decoder.js"));
  const stockDecode = require(decoderFile) as ReturnType<typeof createLazyDecoder>;
  const lazyDecode = createLazyDecoder(decoderParts());
  require.cache[decoderFile]!.exports = (decoder: FetchDecoder) =>
    ours.getStore() ? lazyDecode(decoder) : stockDecode(decoder);
  const { prototype } = require(join(KAFKAJS, "broker/index.js")) as {
    prototype: { fetch(request: unknown): Promise<FetchAnswer> };
  };
  const original = prototype.fetch;
  prototype.fetch = async function (this: unknown, request: unknown) {
    const answer = await original.call(this, request);
    if (!ours.getStore()) return answer;
    for (const { partitions } of answer.responses)
      for (const partition of partitions) settleAborted(partition);
    return answer;
  };
}

/** kafkajs' own filter looks at single records; it is left nothing to do. */
function settleAborted(partition: FetchAnswer["responses"][number]["partitions"][number]): void {
  const { abortedTransactions, messages } = partition;
  if (!abortedTransactions || abortedTransactions.length === 0) return;
  dropAborted(
    messages.filter((message) => "span" in message),
    abortedTransactions,
  );
  partition.abortedTransactions = [];
}

/** kafkajs loads the modules of a fetch at the first fetch; if there was one, they hold the stock decoder. */
function forgetFetchModules(): void {
  const folder = join(KAFKAJS, "protocol/requests/fetch/");
  for (const file of Object.keys(require.cache))
    if (file.startsWith(folder) && !file.endsWith("fetch/index.js")) delete require.cache[file];
}

function decoderParts(): DecoderParts {
  const { lookupCodecByAttributes } = require(join(KAFKAJS, "protocol/message/compression/index.js")) as {
    lookupCodecByAttributes: DecoderParts["codecOf"];
  };
  const { KafkaJSPartialMessageError } = require(join(KAFKAJS, "errors.js")) as {
    KafkaJSPartialMessageError: new (message: string) => Error;
  };
  return {
    codecOf: lookupCodecByAttributes,
    partialError: (message) => new KafkaJSPartialMessageError(message),
  };
}
