/**
 * The control server: what people and pipelines ask. It reads the store, decides nothing about data, and writes only what
 * people say: that an incident was acknowledged or worth it, silences, and which baselines are kept.
 */
import fastifyBearerAuth from "@fastify/bearer-auth";
import fastify, { type FastifyInstance } from "fastify";
import { errorText, OperationalError } from "../base/errors.ts";
import { answerFailures, RequestRefused } from "./api-failure.ts";
import { NAME_CHARACTERS_MAX } from "./asked.ts";
import { baselinesEndpoints } from "./baselines/baselines-endpoints.ts";
import type { ControlOptions, ControlServer } from "./contract.ts";
import { type Endpoint, registerEndpoints } from "./endpoint.ts";
import { gateEndpoint } from "./gate/gate-endpoint.ts";
import { registerHealth } from "./health.ts";
import { distributionEndpoint } from "./history/distribution-endpoint.ts";
import { seriesEndpoint } from "./history/series-endpoint.ts";
import { feedbackEndpoint } from "./incidents/feedback-endpoint.ts";
import { incidentsEndpoints } from "./incidents/incidents-endpoints.ts";
import { silencesEndpoints } from "./incidents/silences-endpoints.ts";
import { type Knowledge, knowledgeOf } from "./knowledge.ts";
import { lanesEndpoints } from "./lanes/lanes-endpoints.ts";
import { measureRequests, registerMetrics } from "./metrics.ts";
import { openApi } from "./openapi.ts";
import { pageRoot } from "./page/page-root.ts";
import { pageBudgetEndpoint } from "./page-budget/endpoint.ts";
import { PageBudgetMetrics } from "./page-budget/metrics.ts";
import { PageBudgetReader } from "./page-budget/reader.ts";
import { registerPage, secureAnswers } from "./page-files.ts";
import { proofEndpoint } from "./proof/proof-endpoint.ts";
import { statusEndpoint } from "./status-endpoint.ts";
import { explainEndpoint } from "./verdicts/explain-endpoint.ts";
import { verdictsEndpoint } from "./verdicts/verdicts-endpoint.ts";
import type { FailureAnswer } from "./wire.ts";

const BODY_BYTES_MAX = 65_536;
/** A name of the longest kind, every character escaped to nine. */
const PARAM_CHARACTERS_MAX = NAME_CHARACTERS_MAX * 9;
/** A request that reads for longer than this has lost whoever asked. */
const REQUEST_MS_MAX = 60_000;

export async function startControlServer(options: ControlOptions): Promise<ControlServer> {
  const knowledge = knowledgeOf(options);
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: PARAM_CHARACTERS_MAX },
  });
  answerFailures(app, options.telemetry);
  measureRequests(app, options.telemetry);
  secureAnswers(app);
  app.addHook("onRequest", async (request) => refuseForeignPages(request.method, request.headers));
  await registerHealth(app, knowledge);
  const pageBudget = new PageBudgetReader(knowledge);
  await app.register((api) => registerApi(api, knowledge, pageBudget));
  await registerPage(app, options.pageFolder ?? pageRoot());

  const listening = await listen(app, options);
  const url = options.publicUrl ?? reachable(listening);
  options.telemetry.log("info", "The control server listens", { url });
  const budgets = new PageBudgetMetrics({ reader: pageBudget, ...options });
  const stop = async () => {
    await budgets.stop();
    await app.close();
  };
  return { url, stop };
}

/** Only `/healthz`, `/readyz` and `/metrics`: for a process that counts, judges or notifies, and serves no people. */
export async function startHealthServer(options: ControlOptions): Promise<ControlServer> {
  const app = fastify({ requestTimeout: REQUEST_MS_MAX, forceCloseConnections: true });
  answerFailures(app, options.telemetry);
  await registerHealth(app, knowledgeOf(options));
  registerMetrics(app, options.telemetry);
  const listening = await listen(app, options);
  return { url: reachable(listening), stop: () => app.close() };
}

async function registerApi(
  api: FastifyInstance,
  knowledge: Knowledge,
  pageBudget: PageBudgetReader,
): Promise<void> {
  const { token, telemetry, publicUrl } = knowledge.options;
  if (token !== undefined) await askForToken(api, token);
  const endpoints: readonly Endpoint[] = [
    statusEndpoint(knowledge),
    ...lanesEndpoints(knowledge),
    seriesEndpoint(knowledge),
    distributionEndpoint(knowledge),
    ...incidentsEndpoints(knowledge),
    feedbackEndpoint(knowledge),
    verdictsEndpoint(knowledge),
    explainEndpoint(knowledge),
    proofEndpoint(knowledge),
    gateEndpoint(knowledge),
    ...baselinesEndpoints(knowledge),
    ...silencesEndpoints(knowledge),
    pageBudgetEndpoint(pageBudget),
  ];
  registerEndpoints(api, endpoints);
  registerMetrics(api, telemetry);
  api.get("/v1/openapi.json", () => openApi(endpoints, publicUrl ?? "/"));
}

async function askForToken(api: FastifyInstance, token: string): Promise<void> {
  await api.register(fastifyBearerAuth, {
    keys: new Set([token]),
    addHook: "onRequest",
    errorResponse: (): FailureAnswer => ({
      error: "TOKEN_REFUSED",
      detail: "This server asks for its token, and the request had none or another one.",
      next: "Send the header `Authorization: Bearer TOKEN`, with the token of the configuration.",
    }),
  });
}

/** A page on another site must not acknowledge incidents through the browser of someone who can reach this server. */
async function refuseForeignPages(
  method: string,
  headers: { readonly origin?: string; readonly host?: string },
): Promise<void> {
  if (method === "GET" || method === "HEAD" || headers.origin === undefined) return;
  if (URL.canParse(headers.origin) && new URL(headers.origin).host === headers.host) return;
  const next = "Send it from the page itself, or from a program without an Origin header.";
  throw new RequestRefused(
    403,
    "ORIGIN_REFUSED",
    `A page of ${headers.origin} may not change anything here.`,
    next,
  );
}

/** "Every address" is none that a browser could open. */
/** @throws {OperationalError} CONTROL_NOT_LISTENING. */
async function listen(app: FastifyInstance, { host, port }: ControlOptions): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (cause) {
    throw new OperationalError(
      `the control server cannot listen at ${host}:${port}: ${errorText(cause)}. Nothing was read or changed. Give it ` +
        "another address (control.host, control.port), or stop what has this one.",
      { code: "CONTROL_NOT_LISTENING", retryable: false, context: { host, port }, cause },
    );
  }
}

function reachable(listening: string): string {
  return listening.replace("0.0.0.0", "localhost").replace("[::]", "localhost");
}
