/** One POST of JSON, and what its answer means: accepted, to be tried again, or refused. */
import { request } from "undici";
import { OperationalError } from "../base/errors.ts";

export interface Post {
  readonly url: string;
  /** Already serialised, so that what is signed is what is sent. */
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** For the whole exchange. */
  readonly timeoutMs: number;
}

/** Enough of a refusal to understand it; a receiver may echo all that it was sent. */
const ANSWER_LENGTH_MAX = 300;

/**
 * Resolves when the receiver answered 2xx.
 * The address is named by host alone in errors: paths and queries of webhooks carry secrets.
 * @throws {OperationalError} NOTIFY_UNREACHABLE, NOTIFY_TIMEOUT, NOTIFY_BUSY (retryable), NOTIFY_REFUSED (not).
 */
export async function postJson(post: Post, signal: AbortSignal): Promise<void> {
  const host = new URL(post.url).host;
  const timeout = AbortSignal.timeout(post.timeoutMs);
  const answer = await exchange(post, AbortSignal.any([signal, timeout])).catch((cause: unknown) => {
    throw noAnswer(host, post.timeoutMs, timeout.aborted, cause);
  });
  if (answer.status < 200 || answer.status > 299) throw refusal(host, answer);
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | undefined;
}

async function exchange(post: Post, signal: AbortSignal): Promise<Answer> {
  const response = await request(post.url, {
    method: "POST",
    headers: { "content-type": "application/json", "user-agent": "lanewatch", ...post.headers },
    body: post.body,
    signal,
  });
  // The body is always read to its end, or the connection could not be used again.
  const text = (await response.body.text()).slice(0, ANSWER_LENGTH_MAX);
  const retryAfter = response.headers["retry-after"];
  return {
    status: response.statusCode,
    text,
    retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
  };
}

function noAnswer(host: string, timeoutMs: number, timedOut: boolean, cause: unknown): OperationalError {
  const message = timedOut
    ? `${host} did not answer within ${timeoutMs} ms; the notification is sent again later.`
    : `${host} could not be reached; the notification is sent again later.`;
  return new OperationalError(message, {
    code: timedOut ? "NOTIFY_TIMEOUT" : "NOTIFY_UNREACHABLE",
    retryable: true,
    context: { host },
    cause,
  });
}

function refusal(host: string, { status, text, retryAfter }: Answer): OperationalError {
  const busy = status === 408 || status === 429 || status >= 500;
  const message = busy
    ? `${host} answered ${status}; the notification is sent again later.`
    : `${host} refused the notification with ${status}; check the notifier's address and key. It said: ${text}`;
  const seconds = Number(retryAfter);
  const wait = Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: seconds * 1000 } : {};
  return new OperationalError(message, {
    code: busy ? "NOTIFY_BUSY" : "NOTIFY_REFUSED",
    retryable: busy,
    context: { host, status, ...wait },
  });
}
