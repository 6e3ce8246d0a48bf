/** Connections to Redis as BullMQ needs them, and what is asked of the server itself. */
import { Redis, type RedisOptions } from "ioredis";
import { OperationalError } from "../../base/errors.ts";
import type { Telemetry } from "../../base/telemetry.ts";

const RECONNECT_DELAY_MS_MAX = 2_000;
/** A server that was frozen rather than ended keeps its connections open: this is how we notice. */
const SILENT_SOCKET_MS_MAX = 30_000;

/**
 * @param waits whether commands wait for a connection. True for workers, which have nothing better to do. False
 *   for whoever adds jobs: with `maxRetriesPerRequest: null` an hour without Redis would pile them up in memory.
 */
export function connectRedis(url: string, telemetry: Telemetry, waits: boolean): Redis {
  const options: RedisOptions = {
    maxRetriesPerRequest: null,
    enableOfflineQueue: waits,
    connectTimeout: 5_000,
    keepAlive: 10_000,
    retryStrategy: (attempt) => Math.min(100 * 2 ** Math.min(attempt, 10), RECONNECT_DELAY_MS_MAX),
  };
  // A worker's blocking command is silent for seconds by design, so only the adding side watches its socket.
  const redis = new Redis(url, waits ? options : { ...options, socketTimeout: SILENT_SOCKET_MS_MAX });
  let away = false;
  redis.on("error", (error: Error) => {
    // One line and one count an outage, not one for each attempt to reconnect.
    if (!away)
      telemetry.event("warn", "queue_redis_unreachable", `Redis is away: ${error.message || String(error)}`);
    away = true;
  });
  redis.on("ready", () => {
    if (away) telemetry.log("info", "Redis is back");
    away = false;
  });
  return redis;
}

/**
 * BullMQ keeps its jobs under keys without an expiry; a server that evicts keys loses them without a word.
 * @throws {OperationalError} QUEUE_EVICTION_POLICY, not retryable: someone has to change the server.
 */
export async function refuseEviction(redis: Redis): Promise<void> {
  const policy = /maxmemory_policy:(\S+)/.exec(await redis.info("memory"))?.[1];
  if (policy === undefined || policy === "noeviction") return;
  throw new OperationalError(
    `Redis runs with maxmemory-policy "${policy}" and may drop queued jobs; set it to "noeviction" ` +
      `(CONFIG SET maxmemory-policy noeviction). No job was added.`,
    { code: "QUEUE_EVICTION_POLICY", retryable: false, context: { policy } },
  );
}
