/** What plug-ins that talk to a server have in common: lengths of time with bounds, and TLS from files. */
import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { z } from "zod";
import { parseDurationMs } from "../base/duration.ts";
import { OperationalError } from "../base/errors.ts";

/** "500ms", "30s", "5m"; read as milliseconds. */
export function durationWithin(fallback: string, minMs: number, maxMs: number) {
  return z
    .string()
    .default(fallback)
    .transform((value, context) => {
      const ms = parseDurationMs(value);
      if (ms !== undefined && ms >= minMs && ms <= maxMs) return ms;
      context.addIssue({
        code: "custom",
        message: `must be a duration from ${minMs} ms to ${maxMs} ms, such as "${fallback}"`,
      });
      return z.NEVER;
    });
}

/** @param whose certificate is checked, in the words of a description: "the brokers'" */
export function tlsOptionsSchema(whose: string) {
  return z
    .strictObject({
      ca: z
        .string()
        .optional()
        .describe(`File with the certificate authority (PEM) that signed ${whose} certificate.`),
      cert: z.string().optional().describe("File with our own certificate (PEM), for mutual TLS."),
      key: z.string().optional().describe("File with our own private key (PEM), for mutual TLS."),
      passphrase: z.string().optional().describe("Opens the private key."),
      servername: z
        .string()
        .optional()
        .describe(`Name expected in ${whose} certificate, when it is not their address.`),
      rejectUnauthorized: z
        .boolean()
        .default(true)
        .describe("False accepts any certificate: never in production."),
    })
    .refine((tls) => (tls.cert === undefined) === (tls.key === undefined), "cert and key belong together");
}

export type TlsOptions = z.output<ReturnType<typeof tlsOptionsSchema>>;

/**
 * @param named where the files are named, for who reads the error: "the source's ssl options"
 * @throws {OperationalError} with `code` when a file cannot be read.
 */
export function tlsFromFiles(tls: TlsOptions, named: string, code: string): ConnectionOptions {
  const { ca, cert, key, passphrase, servername, rejectUnauthorized } = tls;
  const pem = (path: string) => readPem(path, named, code);
  return {
    rejectUnauthorized,
    ...(ca ? { ca: [pem(ca)] } : {}),
    ...(cert ? { cert: pem(cert) } : {}),
    ...(key ? { key: pem(key) } : {}),
    ...(passphrase ? { passphrase } : {}),
    ...(servername ? { servername } : {}),
  };
}

function readPem(path: string, named: string, code: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new OperationalError(`The file "${path}", named in ${named}, cannot be read.`, {
      code,
      retryable: false,
      context: { path },
      cause,
    });
  }
}
