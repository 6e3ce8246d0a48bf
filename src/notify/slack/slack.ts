/** Slack's incoming webhook: one message for each notification. The address itself is the secret. */
import { z } from "zod";
import type { Severity } from "../../../detectors/contract.ts";
import { readExplanation } from "../../incident/explanation.ts";
import { shorten } from "../../incident/title.ts";
import type { Notification, Notifier } from "../contract.ts";
import { httpUrl, timeoutMs } from "../options.ts";
import { postJson } from "../post-json.ts";

export const slackOptions = z.strictObject({
  url: httpUrl.describe("The incoming webhook's address. Use ${ENV}: whoever has it can post."),
  timeoutMs,
});

export type SlackOptions = z.output<typeof slackOptions>;

const MARK: Readonly<Record<Severity, string>> = {
  page: ":rotating_light:",
  warn: ":warning:",
  info: ":information_source:",
};
/** Slack cuts a message's text after 40,000 characters and advises 4,000. */
const TEXT_LENGTH_MAX = 3_000;

export function slackNotifier(name: string, options: SlackOptions): Notifier {
  return {
    name,
    send(notification, signal) {
      const body = JSON.stringify({ text: slackText(notification) });
      return postJson({ url: options.url, body, timeoutMs: options.timeoutMs }, signal);
    },
  };
}

function slackText({ incident, reason, url }: Notification): string {
  const told = readExplanation(incident);
  const mark = incident.state === "resolved" ? ":white_check_mark:" : MARK[incident.severity];
  const lines = [
    `${mark} *${escapeMarks(incident.title)}* (${reason})`,
    escapeMarks(told?.howMuch ?? ""),
    ...(told?.causes ?? []).map((cause) => `• ${escapeMarks(cause.text)}`),
    told?.verdicts[0]?.verdict === undefined ? "" : `\`lanewatch explain ${told.verdicts[0].verdict}\``,
    url === "" ? "" : `<${url}|Open in Lanewatch>`,
  ];
  return shorten(lines.filter((line) => line !== "").join("\n"), TEXT_LENGTH_MAX);
}

/** The three characters that Slack gives a meaning to; a feature's name must not become a mention of everyone. */
function escapeMarks(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
