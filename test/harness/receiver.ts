/** A real HTTP server on a free loopback port that keeps what it is sent and answers as told. */
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the sender sent; the test says what it should be
  readonly body: any;
}

/** A status to answer with; "hang" never answers, "reset" cuts the connection. */
export type AnswerWith = number | "hang" | "reset";

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** Answers the next requests with these, then 200 (or what `otherwise` says). */
  answer(
    next: readonly AnswerWith[],
    otherwise?: AnswerWith,
    headers?: Readonly<Record<string, string>>,
  ): void;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const script = {
    next: [] as AnswerWith[],
    otherwise: 200 as AnswerWith,
    headers: {} as Record<string, string>,
  };
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const body = text === "" ? undefined : JSON.parse(text);
    received.push({ path: request.url ?? "", headers: request.headers, text, body });
    respond(response, script.next.shift() ?? script.otherwise, script.headers);
  });
  const url = await listen(server);
  return {
    url,
    received,
    answer: (next, otherwise = 200, headers = {}) =>
      Object.assign(script, { next: [...next], otherwise, headers }),
    close: () => closeServer(server),
  };
}

/** An address where nobody listens. */
export async function refusedUrl(): Promise<string> {
  const server = createServer();
  const url = await listen(server);
  await closeServer(server);
  return url;
}

function respond(
  response: ServerResponse,
  answer: AnswerWith,
  headers: Readonly<Record<string, string>>,
): void {
  if (answer === "hang") return;
  if (answer === "reset") return void response.destroy();
  response.writeHead(answer, headers).end(answer >= 400 ? "no, because the test says so" : "");
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
