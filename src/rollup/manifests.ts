import type { Manifest } from "../segment/manifest.ts";
import type { Store } from "../store/contract.ts";

/** What one read gives back at most, see {@link Store.readManifests}. */
const MANIFESTS_PER_READ = 100_000;

/** All manifests of a partition from an offset on, in as many reads as it takes. */
export async function readAllManifests(
  store: Pick<Store, "readManifests">,
  topic: string,
  partition: number,
  fromOffset: number,
): Promise<readonly Manifest[]> {
  const all: Manifest[] = [];
  for (let from = fromOffset; ; ) {
    const page = await store.readManifests(topic, partition, from);
    const lastStart = page.at(-1)?.startOffset ?? from;
    const isWhole = page.length < MANIFESTS_PER_READ || lastStart === from;
    // Of the last start there may be more on the next page, which begins with it.
    for (const manifest of page) if (isWhole || manifest.startOffset < lastStart) all.push(manifest);
    if (isWhole) return all;
    from = lastStart;
  }
}
