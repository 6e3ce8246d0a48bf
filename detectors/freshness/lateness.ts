/**
 * How much later than usual may a source be? Its own past of lateness says so, for the page budget.
 */
import type { DetectorContext } from "../contract.ts";
import { type BlockTailOptions, closeBlock, noteScore, tailThreshold } from "../lib/series/block-tail.ts";
import type { FreshnessMemory } from "./memory.ts";

/** Lateness is the age over the usual age at this hour of the week: 1 = as old as it ever was. */
export const LATENESS_TAIL: BlockTailOptions = {
  basePrior: 1,
  scalePrior: 0.25,
  priorBlocks: 10,
  shape: 0.2,
  thresholdMin: 1.5,
};
/** Without a season yet: so many times the longest silence seen. */
const LEARNING_FACTOR = 2.5;
/** Measured on sources without any rhythm, the fitted tail pages some 1.3 times as often as asked. */
const FIT_MARGIN = 1.5;

export function latenessThreshold(
  memory: FreshnessMemory,
  seasonal: boolean,
  context: DetectorContext,
): number {
  if (!seasonal) return LEARNING_FACTOR;
  const blocksPerWeek = 604_800_000 / memory.blockMs;
  const budget = Math.max(1e-6, context.pageBudgetPerWeek);
  return tailThreshold(memory.lateness, Math.min(0.35, budget / FIT_MARGIN / blocksPerWeek), LATENESS_TAIL);
}

export function noteLateness(memory: FreshnessMemory, startMs: number, lateness: number): void {
  const block = Math.floor(startMs / memory.blockMs);
  if (memory.block >= 0 && block !== memory.block) closeBlock(memory.lateness, LATENESS_TAIL);
  memory.block = block;
  noteScore(memory.lateness, lateness);
}
