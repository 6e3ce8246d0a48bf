/** Prometheus text, and the metrics of this server itself. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Telemetry } from "../base/telemetry.ts";

const SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function registerMetrics(app: FastifyInstance, telemetry: Telemetry): void {
  app.get("/metrics", async (_request, reply) => {
    reply.header("content-type", telemetry.registry.contentType);
    return telemetry.registry.metrics();
  });
}

/** Counts and times every request by its route, never by its address: names of lanes are not a closed set. */
export function measureRequests(app: FastifyInstance, telemetry: Telemetry): void {
  const labels = ["route", "status"];
  const count = telemetry.counter(
    "control_requests_total",
    "HTTP requests by route and status class.",
    labels,
  );
  const seconds = telemetry.histogram("control_request_seconds", "Time to answer an HTTP request.", SECONDS, [
    "route",
  ]);
  app.addHook("onResponse", async (request: FastifyRequest, reply: FastifyReply) => {
    const route = request.routeOptions.url ?? "none";
    count.inc({ route, status: `${Math.floor(reply.statusCode / 100)}xx` });
    seconds.observe({ route }, reply.elapsedTime / 1_000);
  });
}
