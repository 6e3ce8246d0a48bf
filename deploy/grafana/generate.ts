/** `npm run grafana` writes the dashboards' JSON from dashboard.ts; a test fails when what is checked in is stale. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { dashboard } from "./dashboard.ts";

const HERE = dirname(fileURLToPath(import.meta.url));

/** The uid of provisioning/datasources/. */
export const DATASOURCE_UID = "lanewatch";

/** File, beside this one, to its text. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const questdb = { type: "questdb-questdb-datasource", uid: DATASOURCE_UID } as const;
  const postgres = { type: "grafana-postgresql-datasource", uid: DATASOURCE_UID } as const;
  const text = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  return new Map([
    ["dashboards/lanewatch.json", text(dashboard(questdb, "lanewatch", "Lanewatch"))],
    ["dashboards-postgres/lanewatch.json", text(dashboard(postgres, "lanewatch", "Lanewatch"))],
  ]);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const [file, text] of generatedFiles()) {
    mkdirSync(dirname(join(HERE, file)), { recursive: true });
    writeFileSync(join(HERE, file), text);
    console.log(`deploy/grafana/${file}`);
  }
}
