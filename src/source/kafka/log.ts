/** kafkajs' log lines through ours, at the level that they deserve. */
import { type LogEntry, type logCreator, logLevel } from "kafkajs";
import type { Level, Telemetry } from "../../base/telemetry.ts";

/**
 * kafkajs prints at ERROR whatever a broker answers other than yes, also what a rebalance, an election or a restart
 * of a broker brings every time, and what it then retries by itself.
 */
const ORDINARY =
  /rebalanc|coordinator|not the leader|leadership|no leader|loading|Connection (error|timeout)|Request timed out|Closed connection|Restarting the consumer|ECONNREFUSED|ECONNRESET|does not host|unknown member|not aware of this member|Offset out of range|out of range|Failed to connect to seed/i;

export function kafkaLogCreator(telemetry: Telemetry): logCreator {
  return () => (entry) => {
    const { message, timestamp: _, logger: __, stack: ___, ...fields } = entry.log;
    telemetry.log(levelOf(entry), `kafkajs: ${message}`, fields);
  };
}

export function levelOf({ level, log }: LogEntry): Level {
  switch (level) {
    case logLevel.ERROR:
      return ORDINARY.test(`${log.message} ${log["error"] ?? ""}`) ? "debug" : "warn";
    case logLevel.WARN:
      return "debug";
    default:
      return "debug";
  }
}
