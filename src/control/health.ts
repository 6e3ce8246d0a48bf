/**
 * For orchestrators and scrapers. `/healthz` says that this process answers, and nothing more: restarting it would
 * not bring a database back. `/readyz` asks every dependency, and names the one that is away.
 */
import type { FastifyInstance } from "fastify";
import { errorText } from "../base/errors.ts";
import type { Dependency } from "./contract.ts";
import type { Knowledge } from "./knowledge.ts";

/** A dependency that does not answer in this time is away. */
const READINESS_MS_MAX = 5_000;

export async function registerHealth(app: FastifyInstance, knowledge: Knowledge): Promise<void> {
  app.get("/healthz", () => ({ ok: true }));
  app.get("/readyz", async (_request, reply) => {
    const dependencies = await checkDependencies(knowledge);
    const ok = dependencies.every((dependency) => dependency.ok);
    return reply.code(ok ? 200 : 503).send({ ok, dependencies });
  });
}

/** Never throws and never hangs: a probe that does either takes the process down with its dependency. */
export async function checkDependencies({ options }: Knowledge): Promise<readonly Dependency[]> {
  const done = new AbortController();
  const late = options.clock
    .sleep(READINESS_MS_MAX, done.signal)
    .then((): readonly Dependency[] => [
      { name: "readiness", ok: false, detail: `no answer within ${READINESS_MS_MAX / 1_000} s` },
    ]);
  const failed = (error: unknown): readonly Dependency[] => [
    { name: "readiness", ok: false, detail: errorText(error) },
  ];
  try {
    return await Promise.race([options.readiness().catch(failed), late]);
  } finally {
    done.abort();
  }
}
