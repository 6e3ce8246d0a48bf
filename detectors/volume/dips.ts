/**
 * Was a dip a fault, or the lane's own noise? Its end tells: a loss stops as suddenly as it began, weather fades.
 *
 * What a dip says of the lane (its scores, its squares, its page) is held back until it is over. A fault's is then
 * dropped: a lane that loses records every few days would otherwise widen itself until it no longer sees any. Noise's
 * joins the past. Alerts are never held back; only what is learned waits.
 */
import type { ChannelName } from "./channels.ts";
import type { VolumeMemory } from "./memory.ts";
import { method } from "./method.ts";

/** What one window teaches of the lane's noise. Plain data. */
export interface Lesson {
  readonly scores: Readonly<Record<ChannelName, number>>;
  readonly slot: number;
  readonly residual: number;
  readonly deviation: number;
  readonly expected: number;
  /** What was left of the residual after the forecast, and how much usually is. */
  readonly error: number;
  readonly errorDeviation: number;
  /** The channel that paged by a little, which lifts its bar. */
  readonly nearPage: ChannelName | "";
}

export interface DipMemory {
  open: boolean;
  /** Residual of the window before the dip, and how far the first one fell below it. */
  before: number;
  depth: number;
  /** Residual of the last window, dip or not. */
  previous: number;
  /** Held back, at most WINDOWS_MAX. */
  lessons: Lesson[];
}

/** A dip longer than this is no pulse: its lessons join the past, or it becomes the new level. */
const WINDOWS_MAX = 48;
/** One low window may be anything; two in a row that end at once are no noise. */
const FAULT_WINDOWS_MIN = 2;

export function startDip(): DipMemory {
  return { open: false, before: 0, depth: 0, previous: 0, lessons: [] };
}

/** Takes the window's lesson and returns those that may be learned now, oldest first. */
export function settleLessons(memory: VolumeMemory, lesson: Lesson): readonly Lesson[] {
  const { dip } = memory;
  const { residual } = lesson;
  const rise = residual - dip.previous;
  const before = dip.previous;
  dip.previous = residual;
  if (!dip.open) {
    const falls = rise <= -method.dipFall * lesson.errorDeviation && residual < method.gateResidual;
    if (!falls) return [lesson];
    dip.open = true;
    dip.before = before;
    dip.depth = -rise;
    dip.lessons = [lesson];
    return [];
  }
  const over = residual >= dip.before - dip.depth / 2;
  if (!over && dip.lessons.length < WINDOWS_MAX) {
    dip.lessons.push(lesson);
    return [];
  }
  const fault = over && dip.lessons.length >= FAULT_WINDOWS_MIN && rise >= method.dipReturn * dip.depth;
  const settled = fault ? [lesson] : [...dip.lessons, lesson];
  dip.open = false;
  dip.lessons = [];
  return settled;
}
