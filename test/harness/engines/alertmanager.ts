/** Prometheus' Alertmanager from Debian's package, as a receiver for the notifier's tests. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureCommand } from "./packages.ts";
import { freePort } from "./ports.ts";
import { EngineProcess, engineFolder } from "./process.ts";

export interface AlertmanagerEngine {
  readonly port: number;
  readonly url: string;
  readonly process: EngineProcess;
  stop(): Promise<void>;
}

/** @param webhookUrl where it forwards alerts; without it they are only listed by its API. */
export async function startAlertmanager(webhookUrl?: string): Promise<AlertmanagerEngine> {
  ensureCommand("prometheus-alertmanager", "prometheus-alertmanager");
  const folder = engineFolder("alertmanager");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  writeFileSync(join(folder, "alertmanager.yml"), configText(webhookUrl));
  const process = new EngineProcess({
    name: "Alertmanager",
    command: "prometheus-alertmanager",
    args: [
      `--config.file=${join(folder, "alertmanager.yml")}`,
      `--storage.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
    ],
    folder,
    ready: () => isReady(url),
  });
  await process.start();
  return { port, url, process, stop: () => process.stop() };
}

function configText(webhookUrl: string | undefined): string {
  const webhook = webhookUrl
    ? `\n    webhook_configs:\n      - url: ${JSON.stringify(webhookUrl)}\n        send_resolved: true`
    : "";
  return `route:
  receiver: test
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: test${webhook}
`;
}

async function isReady(url: string): Promise<void> {
  const response = await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(2_000) });
  if (!response.ok) throw new Error(`Alertmanager answered ${response.status}`);
}
