/** Connections to the brokers from the options: TLS, passwords, how patient they are. */
import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { Kafka, type KafkaConfig, logLevel, type RetryOptions } from "kafkajs";
import { OperationalError } from "../../base/errors.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import { registerCodecs } from "./codecs.ts";
import { frameSockets } from "./frame-socket.ts";
import { kafkaLogCreator } from "./log.ts";
import type { KafkaOptions } from "./options.ts";

/** For consuming: kafkajs retries by itself, and starts its consumer anew when it has had enough. */
export const PATIENT: RetryOptions = {
  initialRetryTime: 300,
  maxRetryTime: 5_000,
  retries: 10,
  factor: 0.2,
  multiplier: 2,
};
/** For questions that someone waits for: an answer or an error soon. */
export const BRISK: RetryOptions = {
  initialRetryTime: 200,
  maxRetryTime: 1_000,
  retries: 2,
  factor: 0.2,
  multiplier: 2,
};

export function createClient(options: KafkaOptions, retry: RetryOptions, telemetry: Telemetry): Kafka {
  registerCodecs();
  const config: KafkaConfig = {
    clientId: options.clientId,
    brokers: [...options.brokers],
    ssl: tlsOptions(options.ssl),
    connectionTimeout: 5_000,
    authenticationTimeout: 10_000,
    requestTimeout: 30_000,
    retry,
    logLevel: logLevel.WARN,
    logCreator: kafkaLogCreator(telemetry),
    socketFactory: frameSockets(() =>
      telemetry.event(
        "warn",
        "source_answers_in_pieces",
        "A broker's answer was too long to be put together at once (or was no Kafka's); it is read in pieces, slower",
      ),
    ),
  };
  return new Kafka(
    options.sasl ? { ...config, sasl: options.sasl as NonNullable<KafkaConfig["sasl"]> } : config,
  );
}

function tlsOptions(ssl: KafkaOptions["ssl"]): ConnectionOptions | boolean {
  if (typeof ssl === "boolean") return ssl;
  const { ca, cert, key, passphrase, servername, rejectUnauthorized } = ssl;
  return {
    rejectUnauthorized,
    ...(ca ? { ca: [readPem(ca)] } : {}),
    ...(cert ? { cert: readPem(cert) } : {}),
    ...(key ? { key: readPem(key) } : {}),
    ...(passphrase ? { passphrase } : {}),
    ...(servername ? { servername } : {}),
  };
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new OperationalError(`The file "${path}", named in the source's ssl options, cannot be read.`, {
      code: "SOURCE_TLS_FILE",
      retryable: false,
      context: { path },
      cause: error,
    });
  }
}
