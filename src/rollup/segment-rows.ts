/**
 * The rows of segments between being found and being held: those that no path has reached yet wait for it, those that are
 * no longer at hand when it does are read from the store again.
 */
import { OperationalError } from "../base/errors.ts";
import type { Manifest, SegmentProfile } from "../segment/manifest.ts";
import type { Store } from "../store/contract.ts";
import { segmentName } from "./path.ts";

export class SegmentRows {
  readonly #store: Pick<Store, "readSegmentProfiles">;
  readonly #hold: (manifest: Manifest, rows: readonly SegmentProfile[]) => void;
  /** Rows of visible segments that no path has reached yet: a second cut of offsets already counted, or beyond a gap. */
  readonly #waiting = new Map<string, readonly SegmentProfile[]>();
  /** Segments on a path whose rows were not at hand. */
  readonly #unheld = new Map<string, Manifest>();

  /** @param hold is given the rows of each segment that is on a path, once. */
  constructor(
    store: Pick<Store, "readSegmentProfiles">,
    hold: (manifest: Manifest, rows: readonly SegmentProfile[]) => void,
  ) {
    this.#store = store;
    this.#hold = hold;
  }

  /** While there are any, no window may be released: it might lack them. */
  get unheldCount(): number {
    return this.#unheld.size;
  }

  wait(manifest: Manifest, rows: readonly SegmentProfile[]): void {
    this.#waiting.set(segmentName(manifest), rows);
  }

  /** Keeps the newest; the others are read again when a path reaches them. */
  forgetBeyond(segmentsMax: number): void {
    for (const name of this.#waiting.keys()) if (this.#waiting.size > segmentsMax) this.#waiting.delete(name);
  }

  /** The segment is on a path now. */
  reached(manifest: Manifest): void {
    const name = segmentName(manifest);
    const rows = this.#waiting.get(name);
    if (rows === undefined) this.#unheld.set(name, manifest);
    else {
      this.#waiting.delete(name);
      this.#hold(manifest, rows);
    }
  }

  /** The segment is on no path any more. */
  withdrawn(manifest: Manifest): void {
    this.#unheld.delete(segmentName(manifest));
  }

  /** Reads and holds the rows that were not at hand. @throws {OperationalError} ROLLUP_ROWS_NOT_VISIBLE, retryable. */
  async settle(): Promise<void> {
    while (this.#unheld.size > 0) await this.#settleOnce();
  }

  async #settleOnce(): Promise<void> {
    for (const [name, manifest] of this.#unheld) {
      const [rows] = await this.#store.readSegmentProfiles([manifest]);
      if (rows === undefined) throw notReadable(manifest);
      // Meanwhile a better tiling may have replaced it.
      if (this.#unheld.delete(name)) this.#hold(manifest, rows);
    }
  }
}

/** The rows were all readable when the segment was found. */
function notReadable(manifest: Manifest): OperationalError {
  return new OperationalError(
    `the store does not show the rows of segment ${segmentName(manifest)} any more; its windows wait until it does`,
    { code: "ROLLUP_ROWS_NOT_VISIBLE", retryable: true, context: { segment: segmentName(manifest) } },
  );
}
