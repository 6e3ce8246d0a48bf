/**
 * One route of the API as data: its path, what it takes (a zod schema, checked before anything runs), what it answers.
 * The same list registers the routes and writes the OpenAPI document, so that neither can leave the other behind.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { RequestRefused } from "./api-failure.ts";

/** Anything with named fields: a route's query, path parameters or body. */
export type Fields = z.ZodObject;

export interface Endpoint {
  readonly method: "GET" | "POST" | "DELETE";
  /** Parameters as `:name`. */
  readonly path: string;
  readonly summary: string;
  /** What comes back, in a sentence; the type in wire.ts is the law. */
  readonly answers: string;
  readonly params: Fields;
  readonly query: Fields;
  readonly body: Fields;
  /** Where a body may be larger than the server's usual. */
  readonly bodyBytesMax: number | undefined;
  readonly run: (asked: Asked<never, never, never>) => Promise<unknown>;
}

export interface Asked<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
}

interface EndpointParts<P extends Fields, Q extends Fields, B extends Fields> {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly summary: string;
  readonly answers: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly bodyBytesMax?: number;
  readonly run: (asked: Asked<z.output<P>, z.output<Q>, z.output<B>>) => Promise<unknown>;
}

const nothing = z.strictObject({});

export function endpoint<
  P extends Fields = typeof nothing,
  Q extends Fields = typeof nothing,
  B extends Fields = typeof nothing,
>(parts: EndpointParts<P, Q, B>): Endpoint {
  return {
    method: parts.method ?? "GET",
    path: parts.path,
    summary: parts.summary,
    answers: parts.answers,
    params: parts.params ?? nothing,
    query: parts.query ?? nothing,
    body: parts.body ?? nothing,
    bodyBytesMax: parts.bodyBytesMax,
    run: parts.run as Endpoint["run"],
  };
}

export function registerEndpoints(app: FastifyInstance, endpoints: readonly Endpoint[]): void {
  for (const route of endpoints) {
    app.route({
      method: route.method,
      url: route.path,
      ...(route.bodyBytesMax === undefined ? {} : { bodyLimit: route.bodyBytesMax }),
      handler: (request) => route.run(checked(route, request) as Asked<never, never, never>),
    });
  }
}

function checked(route: Endpoint, request: FastifyRequest): Asked<unknown, unknown, unknown> {
  return {
    params: check(route.params, request.params, "path"),
    query: check(route.query, request.query, "query"),
    body: check(route.body, request.body ?? {}, "body"),
  };
}

function check(schema: Fields, value: unknown, where: string): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => problemOf(issue, schema, where));
  throw new RequestRefused(400, "REQUEST_INVALID", problems.join("; "), nextFor(schema, where));
}

function problemOf(issue: z.core.$ZodIssue, schema: Fields, where: string): string {
  if (issue.code === "unrecognized_keys")
    return `${where} has no parameter ${issue.keys.map((key) => `"${key}"`).join(", ")}`;
  const name = issue.path.join(".");
  const missing = issue.code === "invalid_type" && issue.input === undefined && name in schema.shape;
  return `${where} ${name === "" ? "" : `"${name}" `}${missing ? "is required" : `is not valid: ${issue.message}`}`;
}

function nextFor(schema: Fields, where: string): string {
  const names = Object.keys(schema.shape);
  const takes =
    names.length === 0 ? `The ${where} takes nothing.` : `The ${where} takes ${names.join(", ")}.`;
  return `${takes} GET /v1/openapi.json tells more.`;
}
