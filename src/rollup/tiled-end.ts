/** Where the tiling of a partition ends by what the store shows: where its next reader goes on. */
import type { Store } from "../store/contract.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { readAllManifests } from "./manifests.ts";
import { findPath } from "./path.ts";

/** @returns undefined when the store knows no segment of the partition. */
export async function tiledEnd(
  store: Pick<Store, "readManifests" | "readState">,
  topic: string,
  partition: number,
): Promise<number | undefined> {
  const checkpoint = await readCheckpoint(store);
  const known = checkpoint?.partitions.find((one) => one.topic === topic && one.partition === partition);
  const manifests = await readAllManifests(store, topic, partition, known?.fromOffset ?? 0);
  const startOffset = known?.fromOffset ?? manifests[0]?.startOffset;
  if (startOffset === undefined) return undefined;
  return findPath(manifests, startOffset).at(-1)?.endOffset ?? startOffset;
}
