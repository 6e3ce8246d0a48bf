/** How a request fails: always as JSON that says what was wrong and what to do next, never as a stack trace. */
import type { FastifyInstance } from "fastify";
import { errorText, OperationalError } from "../base/errors.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { FailureAnswer } from "./wire.ts";

/** The caller asked for something that cannot be answered. Carries its own answer. */
export class RequestRefused extends Error {
  readonly status: number;
  readonly answer: FailureAnswer;

  constructor(status: number, error: string, detail: string, next: string) {
    super(detail);
    this.status = status;
    this.answer = { error, detail, next };
  }
}

export function answerFailures(app: FastifyInstance, telemetry: Telemetry): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, answer } = failureOf(error);
    if (status >= 500)
      telemetry.error("A request failed", error, { route: request.routeOptions.url ?? "", status });
    return reply.code(status).send(answer);
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({
      error: "ROUTE_UNKNOWN",
      detail: `There is no ${request.method} ${request.url.split("?")[0]}.`,
      next: "GET /v1/openapi.json lists every route.",
    } satisfies FailureAnswer),
  );
}

/** What is wrong with the question rather than with the answering. */
const STATUS_OF: Readonly<Record<string, number>> = {
  GATE_SPAN_TOO_LONG: 400,
  PROFILE_RECORD_INVALID: 400,
  BASELINE_NAME_INVALID: 400,
  BASELINE_EMPTY: 400,
  BASELINE_UNKNOWN: 404,
  BASELINE_EXISTS: 409,
};

function failureOf(error: unknown): { readonly status: number; readonly answer: FailureAnswer } {
  if (error instanceof RequestRefused) return { status: error.status, answer: error.answer };
  if (error instanceof OperationalError) return operationalFailure(error);
  const status = statusOf(error);
  if (status < 500) {
    const detail = errorText(error);
    return {
      status,
      answer: { error: "REQUEST_INVALID", detail, next: "GET /v1/openapi.json tells what a route takes." },
    };
  }
  const answer = {
    error: "INTERNAL",
    detail: "Answering failed because of a fault in Lanewatch itself.",
    next: "The process's log has the error with this route; please report it.",
  };
  return { status: 500, answer };
}

function operationalFailure(error: OperationalError): {
  readonly status: number;
  readonly answer: FailureAnswer;
} {
  const next = error.retryable
    ? "Nothing was changed. Try again; GET /readyz names what is away."
    : "Nothing was changed. Follow the detail; trying the same again will not help.";
  const status = error.retryable ? 503 : (STATUS_OF[error.code] ?? 500);
  return { status, answer: { error: error.code, detail: error.message, next } };
}

function statusOf(error: unknown): number {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === "number" && status >= 400 && status < 600 ? status : 500;
}
