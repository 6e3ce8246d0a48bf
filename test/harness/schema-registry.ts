/**
 * A Schema Registry on loopback: the part of its API that producers and we use, over real HTTP. It can be stopped and
 * started on the same port with what it knew, refuse those without a password, and be slow.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Reference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

interface Registered {
  readonly id: number;
  readonly schema: string;
  readonly schemaType?: string;
  readonly references?: readonly Reference[];
}

export class TestSchemaRegistry {
  readonly #byId = new Map<number, Registered>();
  readonly #subjects = new Map<string, Registered[]>();
  readonly #firstId: number;
  #server: Server | undefined;
  #port = 0;
  /** Paths that were asked for, in order. */
  readonly asked: string[] = [];
  /** When set, the `authorization` header that is asked for. */
  authorization: string | undefined;

  /** @param firstId ids of several registries on one machine are best told apart. */
  constructor(firstId = 1) {
    this.#firstId = firstId;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** @returns the schema's id, as a producer's serialiser would get it. */
  register(subject: string, schema: string, schemaType?: string, references?: readonly Reference[]): number {
    const id = this.#firstId + this.#byId.size;
    const registered = {
      id,
      schema,
      ...(schemaType === undefined ? {} : { schemaType }),
      ...(references === undefined ? {} : { references }),
    };
    this.#byId.set(id, registered);
    this.#subjects.set(subject, [...(this.#subjects.get(subject) ?? []), registered]);
    return id;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => this.#answer(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, "127.0.0.1", resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? "";
    this.asked.push(path);
    const refused = this.authorization !== undefined && request.headers.authorization !== this.authorization;
    const found = refused ? undefined : this.#find(path);
    if (refused) send(response, 401, { error_code: 401, message: "Unauthorized" });
    else if (found === undefined) send(response, 404, { error_code: 40403, message: "Schema not found" });
    else send(response, 200, found);
  }

  #find(path: string): object | undefined {
    const byId = /^\/schemas\/ids\/(\d+)$/.exec(path);
    if (byId !== null) {
      const { id: _id, ...answer } = this.#byId.get(Number(byId[1])) ?? { id: 0, schema: "" };
      return answer.schema === "" ? undefined : answer;
    }
    const byVersion = /^\/subjects\/([^/]+)\/versions\/(\d+)$/.exec(path);
    if (byVersion === null) return undefined;
    const subject = decodeURIComponent(byVersion[1]!);
    const version = Number(byVersion[2]);
    const registered = this.#subjects.get(subject)?.[version - 1];
    return registered && { subject, version, ...registered };
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/vnd.schemaregistry.v1+json" });
  response.end(JSON.stringify(body));
}

/** A record as a producer's serialiser frames it. @param indexes which message of a Protobuf schema it is. */
export function framed(id: number, value: Uint8Array, indexes: readonly number[] = []): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(id, 1);
  return Buffer.concat([header, Buffer.from(indexes), value]);
}
