/** The notifiers that come with Lanewatch. A new one: a folder beside these, and a line here. */
import type { z } from "zod";
import { alertmanagerNotifier, alertmanagerOptions } from "./alertmanager/alertmanager.ts";
import type { Notifier } from "./contract.ts";
import { pagerDutyNotifier, pagerDutyOptions } from "./pagerduty/pagerduty.ts";
import { slackNotifier, slackOptions } from "./slack/slack.ts";
import { webhookNotifier, webhookOptions } from "./webhook/webhook.ts";

export interface NotifierPlugin<Schema extends z.ZodType = z.ZodType> {
  /** As `type` in the configuration. */
  readonly type: string;
  /** One line for the reference. */
  readonly summary: string;
  readonly options: Schema;
  /** @param name unique, given by the configuration; the key in the log of notifications. */
  readonly create: (name: string, options: z.output<Schema>) => Notifier;
}

export const notifierPlugins = {
  webhook: plugin("webhook", "JSON to an address of yours, signed", webhookOptions, webhookNotifier),
  pagerduty: plugin("pagerduty", "PagerDuty Events API v2", pagerDutyOptions, pagerDutyNotifier),
  alertmanager: plugin(
    "alertmanager",
    "Prometheus Alertmanager API v2",
    alertmanagerOptions,
    alertmanagerNotifier,
  ),
  slack: plugin("slack", "A Slack channel, by incoming webhook", slackOptions, slackNotifier),
};

function plugin<Schema extends z.ZodType>(
  type: string,
  summary: string,
  options: Schema,
  create: (name: string, options: z.output<Schema>) => Notifier,
): NotifierPlugin<Schema> {
  return { type, summary, options, create };
}
