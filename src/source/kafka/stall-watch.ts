/** The watchdog on progress: finds partitions that kafkajs has forgotten while its heartbeats look healthy. */
import { OperationalError } from "../../base/errors.ts";
import type { PartitionEnd } from "../contract.ts";
import { Assignment, type Place } from "./assignment.ts";

/** Places that have not moved for so long that the brokers should be asked about them. */
export function stillPlaces(places: readonly Place[], nowMs: number, stalledMs: number): Place[] {
  return places.filter((place) => nowMs - place.movedAtMs > stalledMs);
}

/**
 * The first of the places that has had records to fetch for `stalledMs` and has not moved, as an error. A place that
 * is at its end has nothing to do; one that is seen behind for the first time may have got its records this moment.
 */
export function findStalled(
  places: readonly Place[],
  ends: readonly PartitionEnd[],
  nowMs: number,
  stalledMs: number,
): OperationalError | undefined {
  let found: OperationalError | undefined;
  for (const place of places) {
    const end = ends.find(({ topic, partition }) => topic === place.topic && partition === place.partition);
    if (end === undefined || end.endOffset <= place.nextOffset) {
      Assignment.move(place, place.nextOffset, nowMs);
      continue;
    }
    place.behindSinceMs ??= nowMs;
    if (nowMs - place.behindSinceMs > stalledMs) found ??= stalled(place, end);
  }
  return found;
}

function stalled({ topic, partition, nextOffset }: Place, { endOffset }: PartitionEnd): OperationalError {
  return new OperationalError(
    `Partition ${partition} of topic "${topic}" has records from ${nextOffset} to ${endOffset} that are not being fetched. ` +
      "Start the process again; it goes on at the last commit.",
    { code: "SOURCE_STALLED", retryable: true, context: { topic, partition, nextOffset, endOffset } },
  );
}
