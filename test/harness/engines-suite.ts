/**
 * The engines as a test file sees them. Each is started once for the whole run, by the first test that asks.
 * A missing engine: its tests are reported as skipped, by name; with `CI=true` they fail instead.
 */
import { describe, inject, test } from "vitest";
import type { EngineAddresses, EngineName } from "./engines.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Set by engines-setup.ts: where to ask for an engine, and why one cannot run here. */
    engines: { readonly url: string; readonly missing: Readonly<Partial<Record<EngineName, string>>> };
  }
}

/** `describe` for tests that need real engines. */
export function describeWithEngines(names: readonly EngineName[], title: string, body: () => void): void {
  const missing = names.filter((name) => inject("engines").missing[name] !== undefined);
  if (missing.length === 0) {
    describe(title, body);
    return;
  }
  const why = missing.map((name) => `${name}: ${inject("engines").missing[name]}`).join("; ");
  if (process.env["CI"] === "true") {
    test(title, () => {
      throw new Error(`an engine is missing, and with CI=true nothing is skipped. ${why}`);
    });
    return;
  }
  describe.skip(`${title} [skipped, not here: ${why}]`, body);
}

/** The shared engine's address; starts it when this is the first call of the run. */
export async function engine<N extends EngineName>(name: N): Promise<EngineAddresses[N]> {
  const response = await fetch(`${inject("engines").url}/${name}`, { method: "POST" });
  const answer = (await response.json()) as { address: EngineAddresses[N] } | { error: string };
  if ("error" in answer) throw new Error(answer.error);
  return answer.address;
}
