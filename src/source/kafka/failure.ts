/** kafkajs' errors, as ours. */
import { errorText, OperationalError } from "../../base/errors.ts";

/** Broker answers that no waiting will cure, by kafkajs' `type`. */
const FINAL_TYPES: ReadonlySet<string> = new Set([
  "SASL_AUTHENTICATION_FAILED",
  "TOPIC_AUTHORIZATION_FAILED",
  "GROUP_AUTHORIZATION_FAILED",
  "CLUSTER_AUTHORIZATION_FAILED",
  "INVALID_GROUP_ID",
  "INVALID_TOPIC_EXCEPTION",
  "INCONSISTENT_GROUP_PROTOCOL",
  "UNSUPPORTED_SASL_MECHANISM",
]);

const FINAL_NAMES: ReadonlySet<string> = new Set([
  "KafkaJSSASLAuthenticationError",
  "KafkaJSNotImplemented",
  "KafkaJSUnsupportedMagicByteInMessageSet",
]);

/**
 * @param what begins the message: "Kafka did not answer (reading the ends of topic a)".
 * @returns `SOURCE_REFUSED` (not retryable) when the broker said no, `SOURCE_UNREACHABLE` (retryable) otherwise.
 */
export function kafkaFailure(
  what: string,
  error: unknown,
  context: Readonly<Record<string, unknown>> = {},
): OperationalError {
  if (error instanceof OperationalError) return error;
  if (isFinal(error)) {
    return new OperationalError(
      `Kafka refused us (${what}): ${errorText(error)}. Nothing was committed. Check the source's name, password, ` +
        "topics and rights on the broker.",
      { code: "SOURCE_REFUSED", retryable: false, context, cause: error },
    );
  }
  return new OperationalError(
    `Kafka did not answer (${what}): ${errorText(error)}. Nothing is lost, Kafka keeps the records; we go on where ` +
      "we stopped as soon as it answers.",
    { code: "SOURCE_UNREACHABLE", retryable: true, context, cause: error },
  );
}

function isFinal(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    const type = "type" in at && typeof at.type === "string" ? at.type : "";
    if (FINAL_TYPES.has(type) || FINAL_NAMES.has(at.name)) return true;
  }
  return false;
}
