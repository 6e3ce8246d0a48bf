/** Asking the control server. One place for the token, for failures, and for knowing whether it still answers. */
import type { FailureAnswer } from "../../wire.ts";
import { observable } from "./observable.ts";

const TOKEN_KEY = "lanewatch.token";
/** Longer than the server takes for the largest answer; then it is not coming. */
const ANSWER_MS_MAX = 30_000;

export const token = observable<string>(sessionStorage.getItem(TOKEN_KEY) ?? "");
token.subscribe(() => sessionStorage.setItem(TOKEN_KEY, token.get()));

export interface Connection {
  /** By this browser's clock. 0 until the first answer. */
  readonly okAtMs: number;
  /** Of the newest request; "" while all is well. */
  readonly trouble: string;
  readonly tokenRefused: boolean;
}
export const connection = observable<Connection>({ okAtMs: 0, trouble: "", tokenRefused: false });

/** The server answered that it cannot. Its own words say why, and what to do next. */
export class Refused extends Error {
  readonly status: number;
  readonly answer: FailureAnswer;

  constructor(status: number, answer: FailureAnswer) {
    super(answer.detail);
    this.status = status;
    this.answer = answer;
  }
}

type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export async function ask<Answer>(path: string, query: Query = {}, signal?: AbortSignal): Promise<Answer> {
  return request<Answer>(`${path}${search(query)}`, { method: "GET" }, signal);
}

export async function post<Answer>(path: string, body: unknown): Promise<Answer> {
  return request<Answer>(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
}

async function request<Answer>(path: string, init: RequestInit, signal?: AbortSignal): Promise<Answer> {
  const late = AbortSignal.timeout(ANSWER_MS_MAX);
  const headers = new Headers(init.headers);
  if (token.get() !== "") headers.set("authorization", `Bearer ${token.get()}`);
  const response = await fetch(path.replace(/^\//, "./"), {
    ...init,
    headers,
    signal: signal ? AbortSignal.any([signal, late]) : late,
  });
  const answer: unknown = await response.json();
  noteAnswer(response.status);
  if (!response.ok) throw new Refused(response.status, answer as FailureAnswer);
  return answer as Answer;
}

/** An answer is an answer, also when it says no: the server is there. */
function noteAnswer(status: number): void {
  connection.set({
    okAtMs: Date.now(),
    trouble: status >= 500 ? `the server answers ${status}` : "",
    tokenRefused: status === 401,
  });
}

export function noteSilence(error: unknown): void {
  if (error instanceof Refused) return;
  const trouble =
    error instanceof DOMException && error.name === "TimeoutError"
      ? "the server takes too long"
      : "the server does not answer";
  connection.set({ ...connection.get(), trouble });
}

function search(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of typeof value === "object" ? value : [String(value)]) parameters.append(name, one);
  }
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}
