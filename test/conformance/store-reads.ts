/** How a law of stores reads: until it holds, since a store may apply later what it acknowledged. */
import type { Store } from "../../src/store/contract.ts";

const VISIBLE_MS_MAX = 20_000;

/** Asks again until the law holds, and then gives up with what failed last. */
export async function soon(law: () => Promise<void>): Promise<void> {
  const deadlineMs = Date.now() + VISIBLE_MS_MAX;
  for (;;) {
    try {
      return await law();
    } catch (error) {
      if (Date.now() > deadlineMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** A store that shares its database with others names its tables with a prefix. */
export function sqlName(store: Store, table: string): string {
  return `${"tablePrefix" in store ? store.tablePrefix : ""}${table}`;
}
