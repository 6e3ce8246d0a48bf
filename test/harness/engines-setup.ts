/**
 * Vitest's global set-up of the project `engines`. Looks once at what can run here (and fetches it), then waits on
 * loopback for tests to ask: an engine that no test of this run needs is never started.
 */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { ENGINES, type EngineName, type StartedEngine, startEngine, whyMissing } from "./engines.ts";

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = new Map<EngineName, Promise<StartedEngine>>();
  const server = await listen((name) => {
    const known = started.get(name) ?? startEngine(name);
    started.set(name, known);
    return known;
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const missing: Partial<Record<EngineName, string>> = {};
  for (const name of ENGINES) {
    const why = whyMissing(name);
    if (why !== undefined) missing[name] = why;
  }
  project.provide("engines", { url, missing });
  return async () => {
    server.close();
    server.closeAllConnections();
    const engines = await Promise.allSettled(started.values());
    await Promise.all(engines.map((one) => (one.status === "fulfilled" ? one.value.stop() : undefined)));
  };
}

function listen(start: (name: EngineName) => Promise<StartedEngine>): Promise<Server> {
  const server = createServer((request, response) => {
    const name = ENGINES.find((known) => request.url === `/${known}`);
    if (!name) return answer(response, 404, { error: `no engine ${request.url}` });
    start(name).then(
      ({ address }) => answer(response, 200, { address }),
      (error: unknown) =>
        answer(response, 500, { error: error instanceof Error ? error.message : String(error) }),
    );
  });
  // Starting may take minutes on a busy machine, and the asker waits.
  server.requestTimeout = 0;
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
