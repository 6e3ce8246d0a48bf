/**
 * Records of an aborted transaction are in the log but were never data. The broker names, with each fetch, the
 * aborted transactions that touch it; which batches belong to them is for the client to find out.
 *
 * kafkajs' own filter (2.2.4) begins at most one transaction a message and trusts the list to be in order, so records
 * of a second one that is open at the same time slip through. This one follows the Java client: in order of first
 * offset, as many as have begun.
 */
import type { BatchMessage } from "./lazy-decoder.ts";

export interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

/** Marks the batches of aborted transactions unreadable. */
export function dropAborted(messages: readonly BatchMessage[], aborted: readonly AbortedTransaction[]): void {
  if (aborted.length === 0) return;
  const upcoming = aborted
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset: Number(firstOffset) }))
    .sort((a, b) => b.firstOffset - a.firstOffset);
  const open = new Set<string>();
  for (const message of messages) {
    while (upcoming.length > 0 && upcoming.at(-1)!.firstOffset <= message.span.lastOffset)
      open.add(upcoming.pop()!.producerId);
    const { producerId, inTransaction } = message.batchContext;
    if (message.marker === "abort") open.delete(producerId);
    else if (inTransaction && message.marker === undefined && open.has(producerId)) message.unreadable = true;
  }
}
