import { zeroOutcomes } from "../../src/decode/outcome.ts";
import type { Manifest } from "../../src/segment/manifest.ts";

/** A manifest whose records are all `ok`, unless said otherwise. */
export function exampleManifest(
  startOffset: number,
  endOffset: number,
  rest: Partial<Omit<Manifest, "outcomes">> & { readonly outcomes?: Partial<Manifest["outcomes"]> } = {},
): Manifest {
  return {
    topic: "t",
    partition: 0,
    startOffset,
    endOffset,
    shape: "s",
    startedAtMs: startOffset,
    rowCount: 0,
    eventTimeMinMs: startOffset,
    eventTimeMaxMs: endOffset,
    byteCount: 0,
    ...rest,
    outcomes: { ...zeroOutcomes(), ok: endOffset - startOffset, ...rest.outcomes },
  };
}
