/**
 * The laws of a store. Every implementation is held to them: `storeConformance("name", makeStore)` in a test file.
 * A store may apply what it acknowledged later, so a law reads until it holds, for some seconds at most.
 */
import { afterEach, describe, expect, test } from "vitest";
import type { Store } from "../../src/store/contract.ts";
import { baselineLaws } from "./store-baselines.ts";
import { feedbackLaws, incidentLaws, verdictLaws } from "./store-incidents.ts";
import { soon } from "./store-reads.ts";
import { reconcileLaws } from "./store-reconcile.ts";
import { profileRow, segment, windowRow } from "./store-rows.ts";
import { segmentLaws } from "./store-segments.ts";
import { queryLaws, stateLaws } from "./store-states.ts";
import { filterLaws, windowLaws } from "./store-windows.ts";

export interface StoreUnderTest {
  /** Open and empty. */
  readonly store: Store;
  /** Closes it and opens a new one on the same data, as after a restart. */
  reopen(): Promise<Store>;
  dispose(): Promise<void>;
}

/**
 * @param open a store on the same data each time
 * @param cleanUp once the last of them is closed
 */
export async function storeUnderTest(
  open: () => Promise<Store>,
  cleanUp: () => Promise<void> | void,
): Promise<StoreUnderTest> {
  let store = await open();
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await open();
      return store;
    },
    dispose: async () => {
      await store.close();
      await cleanUp();
    },
  };
}

export function storeConformance(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  describe(`store ${name}`, () => {
    let made: StoreUnderTest | undefined;
    const fresh = async (): Promise<Store> => {
      made = await makeStore();
      return made.store;
    };
    afterEach(async () => {
      await made?.dispose();
      made = undefined;
    });

    segmentLaws(fresh);
    windowLaws(fresh);
    filterLaws(fresh);
    verdictLaws(fresh);
    incidentLaws(fresh);
    baselineLaws(fresh);
    feedbackLaws(fresh);
    stateLaws(fresh);
    queryLaws(fresh);
    reconcileLaws(fresh);

    test("what was acknowledged is there after a restart", async () => {
      const store = await fresh();
      const written = segment({ startOffset: 0, endOffset: 10 });
      await store.writeSegments([written]);
      await store.writeStates([{ key: "frontier", value: "10" }]);
      const again = await made!.reopen();
      await soon(async () => {
        expect(await again.readSegmentProfiles([written.manifest])).toStrictEqual([written.profiles]);
        expect(await again.readState("frontier")).toBe("10");
      });
    });

    test("it is ready once open, and settles to ready after writes", async () => {
      const store = await fresh();
      expect(await store.ready()).toBe(true);
      await store.writeWindows([windowRow()], [profileRow()]);
      await soon(async () => expect(await store.ready()).toBe(true));
    });
  });
}
