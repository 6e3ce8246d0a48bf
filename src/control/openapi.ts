/** The OpenAPI document, made of the same list that registers the routes. */
import { z } from "zod";
import type { Endpoint, Fields } from "./endpoint.ts";
import { VERSION } from "./version.ts";

type Json = Readonly<Record<string, unknown>>;

const failure = {
  description: "What was wrong, and what to do next.",
  content: { "application/json": { schema: { $ref: "#/components/schemas/Failure" } } },
};

export function openApi(endpoints: readonly Endpoint[], url: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of endpoints) {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Lanewatch",
      version: VERSION,
      description: "Times in answers are epoch milliseconds, UTC; what was not measured is null.",
    },
    servers: [{ url }],
    paths,
    components: {
      schemas: { Failure: failureSchema },
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
  };
}

const failureSchema: Json = {
  type: "object",
  required: ["error", "detail", "next"],
  properties: {
    error: { type: "string", description: "Stable, machine-readable." },
    detail: { type: "string", description: "What was wrong." },
    next: { type: "string", description: "What to do next." },
  },
};

function operation(route: Endpoint): Json {
  const body = jsonSchema(route.body);
  const takesBody = Object.keys(route.body.shape).length > 0;
  return {
    summary: route.summary,
    parameters: [...parameters(route.params, "path"), ...parameters(route.query, "query")],
    ...(takesBody
      ? { requestBody: { required: true, content: { "application/json": { schema: body } } } }
      : {}),
    responses: {
      200: {
        description: `${route.answers}, see docs/reference/http-api.md`,
        content: { "application/json": { schema: { type: "object" } } },
      },
      "4XX": failure,
      "5XX": failure,
    },
  };
}

function parameters(fields: Fields, where: "path" | "query"): readonly Json[] {
  const schema = jsonSchema(fields) as { properties?: Record<string, Json>; required?: readonly string[] };
  return Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const { description, ...rest } = property;
    return {
      name,
      in: where,
      required: where === "path" || (schema.required ?? []).includes(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
}

function jsonSchema(fields: Fields): Json {
  return z.toJSONSchema(fields, { io: "input", unrepresentable: "any" }) as Json;
}
