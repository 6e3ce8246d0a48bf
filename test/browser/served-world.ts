/** The seeded world behind a real server on a real store, for tests that ask it over HTTP. */
import { afterAll, beforeAll } from "vitest";
import { type Clock, ManualClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import type { ControlOptions, ControlServer } from "../../src/control/contract.ts";
import type { IncidentRow, Store } from "../../src/store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../src/store/index.ts";
import { serveControl } from "../harness/control-server.ts";
import { MINUTE_MS, seedStore } from "./seeded-world.ts";

/** When the world's newest window ended. */
export const T0 = Date.UTC(2026, 10, 2, 12);

/** Of the world's lanes. */
export const SEEDED_LANE = { windowSizeMs: MINUTE_MS, latenessMs: 10_000, judgingMsMax: 20_000 };

/** What a request was answered with; `body` is text where the answer is no JSON. */
export interface Got<Answer> {
  readonly status: number;
  readonly body: Answer;
  readonly headers: Headers;
}

export class ServedWorld {
  readonly telemetry = new Telemetry({ level: "silent" });
  readonly clock: Clock;
  readonly store: Store;
  readonly untilMs: number;
  incidents: readonly IncidentRow[] = [];
  #server: ControlServer | undefined;

  /**
   * @param clock by default everything due was judged by now
   * @param untilMs when the newest window ended
   */
  constructor(clock: Clock = new ManualClock(T0 + 45_000), untilMs = T0) {
    this.clock = clock;
    this.untilMs = untilMs;
    this.store = makeStore(storeOptionsSchema.parse({ type: "duckdb" }), {
      clock,
      telemetry: this.telemetry,
    });
  }

  /** One for a file of tests: up before its first, down after its last. */
  static forThisFile(): ServedWorld {
    const world = new ServedWorld();
    beforeAll(() => world.open(), 120_000);
    afterAll(() => world.close());
    return world;
  }

  /** @param changes of the server that `get` asks */
  async open(changes: Partial<ControlOptions> = {}): Promise<void> {
    await this.store.open();
    this.incidents = await seedStore(this.store, this.untilMs);
    await this.serve(changes);
  }

  async close(): Promise<void> {
    await this.stopServing();
    await this.store.close();
  }

  /** Starts the server that `get` asks, instead of the one before. */
  async serve(changes: Partial<ControlOptions> = {}): Promise<void> {
    await this.stopServing();
    this.#server = await this.start(changes);
  }

  async stopServing(): Promise<void> {
    await this.#server?.stop();
    this.#server = undefined;
  }

  get url(): string {
    return this.#server!.url;
  }

  /** One more server on the same store; whoever asked for it stops it. */
  start(changes: Partial<ControlOptions>): Promise<ControlServer> {
    return serveControl(this.store, this.clock, SEEDED_LANE, {
      readiness: async () => [{ name: "store", ok: await this.store.ready(), detail: "answers" }],
      ...changes,
    });
  }

  async get<Answer>(path: string, init: RequestInit = {}, at = this.#server!): Promise<Got<Answer>> {
    const response = await fetch(`${at.url}${path}`, init);
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") ?? false;
    return {
      status: response.status,
      body: (isJson ? JSON.parse(text) : text) as Answer,
      headers: response.headers,
    };
  }

  post<Answer>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Got<Answer>> {
    return this.get(path, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", ...headers },
    });
  }
}

export const query = (fields: Record<string, string>) => new URLSearchParams(fields).toString();
