/** Serves the built page. It is static and holds no data, so it needs no token: what it asks the API for does. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

/** Nothing from outside, no inline script: a lane's name can never become code, whatever it holds. */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

export function secureAnswers(app: FastifyInstance): void {
  app.addHook("onSend", async (_request, reply, payload) => {
    reply.headers(SECURITY_HEADERS);
    return payload;
  });
}

export async function registerPage(app: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(join(folder, "index.html"))) {
    app.get("/", (_request, reply) =>
      reply
        .code(503)
        .type("text/plain; charset=utf-8")
        .send("The page was not built. Run `npm run build`; the API answers under /v1.\n"),
    );
    return;
  }
  await app.register(fastifyStatic, {
    root: folder,
    // File names under assets carry a hash of their content; the page itself must be asked for each time.
    setHeaders: (reply, path) =>
      reply.setHeader(
        "cache-control",
        path.includes("assets") ? "public, max-age=31536000, immutable" : "no-cache",
      ),
  });
}
