/**
 * Asks a Schema Registry (the API that Confluent's, Redpanda's, Karapace and Apicurio's share) for a schema and all
 * that it refers to. One question, one answer: waiting and asking again is the caller's.
 */
import { Agent, type Dispatcher, request } from "undici";
import { errorText, OperationalError } from "../../base/errors.ts";
import { tlsFromFiles } from "../../source/client-options.ts";
import type { SchemaOrigin } from "./catalog.ts";
import type { RegisteredSchema } from "./format.ts";
import type { RegistryOptions } from "./registry-options.ts";

/** Most schemas that one may refer to, however deep: bounds what a circle of references can cost. */
const REFERENCES_MAX = 200;
/** Largest answer, in characters of text. */
const ANSWER_LENGTH_MAX = 4 * 1_048_576;

interface Reference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

interface Answer {
  readonly schema: string;
  readonly schemaType?: string;
  readonly references?: readonly Reference[];
}

export class RegistryClient implements SchemaOrigin {
  readonly #options: RegistryOptions;
  readonly #base: string;
  readonly #headers: Record<string, string>;
  readonly #dispatcher: Dispatcher | undefined;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#base = options.url.replace(/\/+$/, "");
    this.#headers = {
      accept: "application/vnd.schemaregistry.v1+json, application/json",
      ...authorization(options),
    };
    const { tls } = options;
    this.#dispatcher =
      tls &&
      new Agent({
        connect: tlsFromFiles(tls, "the registry's tls options", "DECODE_REGISTRY_TLS_FILE"),
      });
  }

  async schema(id: number): Promise<RegisteredSchema | undefined> {
    const answer = await this.#ask(`/schemas/ids/${id}`);
    if (answer === undefined) return undefined;
    const references = new Map<string, string>();
    await this.#collect(answer.references ?? [], references);
    return {
      id,
      type: answer.schemaType ?? "AVRO",
      text: answer.schema,
      references: [...references].map(([name, text]) => ({ name, text })),
    };
  }

  /** Each after all that it refers to itself. */
  async #collect(references: readonly Reference[], into: Map<string, string>, depth = 0): Promise<void> {
    for (const { name, subject, version } of references) {
      if (into.has(name)) continue;
      if (into.size >= REFERENCES_MAX || depth >= REFERENCES_MAX)
        throw this.#failure(`refers to more than ${REFERENCES_MAX} others`, subject);
      const answer = await this.#ask(`/subjects/${encodeURIComponent(subject)}/versions/${version}`);
      if (answer === undefined)
        throw this.#failure(`has no version ${version} of a schema that another refers to`, subject);
      await this.#collect(answer.references ?? [], into, depth + 1);
      into.set(name, answer.schema);
    }
  }

  /** @returns undefined when the registry answers that there is no such thing. */
  async #ask(path: string): Promise<Answer | undefined> {
    const { status, text } = await this.#get(path).catch((cause: unknown) => {
      throw this.#failure(`did not answer: ${errorText(cause)}`, path, cause);
    });
    if (status === 404 && isRegistryAnswer(text)) return undefined;
    if (status === 401 || status === 403)
      throw this.#failure(`refused us with ${status}; check username, password or token`, path);
    if (status !== 200) throw this.#failure(`answered ${status}: ${text.slice(0, 200)}`, path);
    const answer = parsed(text);
    if (typeof answer?.schema !== "string") throw this.#failure("gave an answer without a schema", path);
    return answer as Answer;
  }

  async #get(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const response = await request(`${this.#base}${path}`, {
      headers: this.#headers,
      signal: AbortSignal.timeout(this.#options.timeout),
      ...(this.#dispatcher === undefined ? {} : { dispatcher: this.#dispatcher }),
    });
    const text = await response.body.text();
    if (text.length > ANSWER_LENGTH_MAX) throw new Error(`more than ${ANSWER_LENGTH_MAX} characters`);
    return { status: response.statusCode, text };
  }

  #failure(what: string, about: string, cause?: unknown): OperationalError {
    const { host } = new URL(this.#base);
    return new OperationalError(
      `The Schema Registry ${host} ${what}. Records wait for it and nothing is lost; it is asked again.`,
      { code: "DECODE_REGISTRY_AWAY", retryable: true, context: { host, about }, cause },
    );
  }
}

/** A 404 of the registry says so in JSON with a code of its own; one of a proxy or of a wrong path does not. */
function isRegistryAnswer(text: string): boolean {
  const code = parsed(text)?.error_code;
  return typeof code === "number" && Math.floor(code / 100) === 404;
}

function parsed(text: string): { readonly schema?: unknown; readonly error_code?: unknown } | undefined {
  try {
    return JSON.parse(text) as { readonly schema?: unknown };
  } catch {
    return undefined;
  }
}

function authorization({ username, password, token }: RegistryOptions): Record<string, string> {
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  if (username === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password ?? ""}`).toString("base64")}` };
}
