/**
 * How far each configured source has come. Two bounds hold it: the lowest watermark of its partitions, and what was
 * confirmed: the watermark as it was when the broker was last asked which partitions there are. Records of a
 * partition that nobody had heard of then can only be younger.
 */
import type { PartitionFrontier } from "./frontier.ts";

/** How far a configured source has come. `final`: its input has ended, nothing more is to be waited for. */
export interface GroupWatermark {
  readonly ms: number;
  readonly final: boolean;
}

export function groupWatermark(frontiers: readonly PartitionFrontier[]): GroupWatermark {
  const running = frontiers.filter((frontier) => !frontier.finished).map((frontier) => frontier.watermarkMs);
  if (running.length > 0) return { ms: Math.min(...running), final: false };
  return {
    ms: Math.max(Number.NEGATIVE_INFINITY, ...frontiers.map((frontier) => frontier.watermarkMs)),
    final: true,
  };
}

/** The lower of two; what has ended gives way to what goes on. */
export function lower(a: GroupWatermark, b: GroupWatermark): GroupWatermark {
  if (a.final !== b.final) return a.final ? b : a;
  return b.ms < a.ms ? b : a;
}
