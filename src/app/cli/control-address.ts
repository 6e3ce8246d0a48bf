/** Where a command asks a running control server, and how an answer comes back. */
import { request } from "undici";
import type { Config } from "../config/schema.ts";

export interface ControlAddress {
  readonly base: string;
  readonly token: string | undefined;
}

export interface ControlFlags {
  readonly url?: string;
  readonly token?: string;
}

/** The server that the flags name, else the one that the configuration describes. */
export async function controlAddress(
  flags: ControlFlags,
  config: () => Promise<Config>,
): Promise<ControlAddress> {
  if (flags.url !== undefined) return { base: flags.url.replace(/\/+$/, ""), token: flags.token };
  const { control } = await config();
  const host = control.host === "0.0.0.0" || control.host === "::" ? "127.0.0.1" : control.host;
  return { base: `http://${host}:${control.port}`, token: flags.token ?? control.token };
}

export interface ControlAnswer<Body> {
  readonly status: number;
  /** On a refusal: `error`, `detail`, `next`. */
  readonly body: Body & { readonly detail?: string; readonly next?: string };
}

const ANSWER_MS_MAX = 60_000;

/** @throws whatever kept the server from answering. */
export async function askControl<Body>(
  { base, token }: ControlAddress,
  path: string,
  init: { readonly method?: "GET" | "POST" | "DELETE"; readonly body?: unknown } = {},
): Promise<ControlAnswer<Body>> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  if (init.body !== undefined) headers["content-type"] = "application/json";
  const response = await request(`${base}${path}`, {
    method: init.method ?? "GET",
    headers,
    body: init.body === undefined ? undefined : JSON.stringify(init.body),
    headersTimeout: ANSWER_MS_MAX,
    bodyTimeout: ANSWER_MS_MAX,
  });
  return { status: response.statusCode, body: (await response.body.json()) as ControlAnswer<Body>["body"] };
}
