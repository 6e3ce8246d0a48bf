import { dirname, resolve } from "node:path";
import { systemClock } from "../../base/clock.ts";
import { Telemetry } from "../../base/telemetry.ts";
import { loadConfig } from "../config/load.ts";
import { suggestion } from "../config/problems.ts";
import { loadDetectors } from "../detectors.ts";
import { ROLES, type Role, Service } from "../service.ts";
import { EXIT } from "./exit.ts";
import { untilSignal } from "./signals.ts";

export async function runCommand(options: {
  readonly config: string;
  readonly role: string;
}): Promise<number> {
  const roles = rolesOf(options.role);
  if (typeof roles === "string") {
    process.stderr.write(`lanewatch: ${roles}\n`);
    return EXIT.usage;
  }
  const config = await loadConfig(options.config, process.env);
  const telemetry = new Telemetry({ level: config.logLevel, processMetrics: true });
  const detectors = await loadDetectors(config, dirname(resolve(options.config)));
  const service = new Service({
    config,
    roles,
    detectors,
    clock: systemClock,
    telemetry,
    environment: process.env,
  });
  return await untilSignal(service, telemetry);
}

function rolesOf(text: string): ReadonlySet<Role> | string {
  if (text === "all") return new Set(ROLES);
  const names = text.split(",").map((name) => name.trim());
  const wrong = names.find((name) => !ROLES.includes(name as Role));
  if (wrong === undefined) return new Set(names as Role[]);
  return `no role is called "${wrong}"${suggestion(wrong, [...ROLES, "all"])}; roles are ${ROLES.join(", ")} and all`;
}
