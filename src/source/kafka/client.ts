/** Connections to the brokers from the options: TLS, passwords, how patient they are. */
import { Kafka, type KafkaConfig, logLevel, type RetryOptions } from "kafkajs";
import type { Telemetry } from "../../base/telemetry.ts";
import { tlsFromFiles } from "../client-options.ts";
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
    ssl:
      typeof options.ssl === "boolean"
        ? options.ssl
        : tlsFromFiles(options.ssl, "the source's ssl options", "SOURCE_TLS_FILE"),
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
