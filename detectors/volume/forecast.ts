/**
 * What do the last hours and yesterday say about this window's residual? Noise has a memory (weather, queues);
 * the part that it foretells is no news.
 */
import { learnLeastSquares, predictLeastSquares } from "../lib/series/recursive-least-squares.ts";
import { clip } from "./baseline.ts";
import type { Lesson } from "./dips.ts";
import { FORECAST_INPUTS, type ForecastMemory, type VolumeMemory } from "./memory.ts";
import { method } from "./method.ts";

const INPUT_CLIP = 3;
const MEAN_RATE = 0.25;
const SLOW_MEAN_RATE = 0.04;
const VARIANCE_RATE = 0.005;
/** Of what the last hours were rougher (or calmer) than usual, the share that the next window is expected to be. */
const VOLATILITY_SHARE = 0.4;
const VOLATILITY_RATE = 0.1;

export interface Innovation {
  /** What the residual was expected to be, in sigmas. */
  readonly forecast: number;
  /** Standard deviation of what is left. */
  readonly deviation: number;
  readonly inputs: Float64Array;
}

export function forecastResidual(memory: ForecastMemory, weekday: number, slot: number): Innovation {
  const weekSlot = weekday * memory.yesterday.length + slot;
  const [first, second, third] = memory.last as unknown as [number, number, number];
  const inputs = new Float64Array(FORECAST_INPUTS);
  inputs[0] = 1;
  inputs[1] = first;
  inputs[2] = (first + second + third) / 3;
  inputs[3] = memory.mean;
  inputs[4] = clip(memory.yesterday[slot]!, INPUT_CLIP);
  inputs[5] = clip(memory.lastWeek[weekSlot]!, INPUT_CLIP);
  inputs[6] = memory.slowMean;
  return {
    forecast: clip(predictLeastSquares(memory.squares, inputs), INPUT_CLIP),
    deviation: Math.sqrt(
      memory.innovationVariance * (1 + VOLATILITY_SHARE * Math.max(-0.5, memory.volatility - 1)),
    ),
    inputs,
  };
}

export function learnForecast(memory: VolumeMemory, innovation: Innovation, residual: number): void {
  const { forecast } = memory;
  const clipped = clip(residual, INPUT_CLIP);
  learnLeastSquares(forecast.squares, innovation.inputs, clipped - innovation.forecast);
  forecast.last[2] = forecast.last[1]!;
  forecast.last[1] = forecast.last[0]!;
  forecast.last[0] = clipped;
  forecast.mean += MEAN_RATE * (clipped - forecast.mean);
  forecast.slowMean += SLOW_MEAN_RATE * (clipped - forecast.slowMean);
}

/** Like the noise of the lane, the innovations' variance sees every window, clipped. */
export function learnInnovationVariance(memory: VolumeMemory, lesson: Lesson): void {
  const { forecast } = memory;
  const error = clip(lesson.error, method.varianceClip * lesson.errorDeviation);
  const rate = Math.max(VARIANCE_RATE, 1 / (memory.noise.taught + 10));
  forecast.volatility +=
    VOLATILITY_RATE * ((error * error) / forecast.innovationVariance - forecast.volatility);
  forecast.innovationVariance += rate * (error * error - forecast.innovationVariance);
}
