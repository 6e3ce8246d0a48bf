/** What a bench found, as JSON with the machine and the time: no host name, no paths. */
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";

/** @param path undefined writes nothing. */
export function writeResult(path: string | undefined, bench: string, figures: object): void {
  if (path === undefined) return;
  const [first] = cpus();
  const machine = {
    cpu: first?.model ?? "unknown",
    cores: cpus().length,
    node: process.version,
    load: loadavg().map((load) => Number(load.toFixed(2))),
  };
  writeFileSync(
    path,
    `${JSON.stringify({ bench, at: new Date().toISOString(), machine, ...figures }, null, 1)}\n`,
  );
}
