/**
 * Linear forecast that learns as it goes: recursive least squares with forgetting.
 *
 * @see Ljung and Söderström 1983, Theory and Practice of Recursive Identification, chapter 2.
 */

/** Plain data; `covariance` is row-major, `size` by `size`. */
export interface LeastSquaresMemory {
  readonly weights: Float64Array;
  readonly covariance: Float64Array;
}

/** Past the memory of some 1,400 points, old weather is forgotten at the rate of the seasons. */
const FORGETTING = 0.9995;
/** Ridge towards zero: the inverse of how many points of evidence "no memory" is worth. */
const COVARIANCE_START = 0.1;
/** With nothing to learn from (a flat lane) forgetting alone would let the covariance grow without end. */
const TRACE_MAX_PER_WEIGHT = 1;

export function startLeastSquares(size: number): LeastSquaresMemory {
  const covariance = new Float64Array(size * size);
  for (let i = 0; i < size; i++) covariance[i * size + i] = COVARIANCE_START;
  return { weights: new Float64Array(size), covariance };
}

export function predictLeastSquares(memory: LeastSquaresMemory, inputs: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < inputs.length; i++) sum += memory.weights[i]! * inputs[i]!;
  return sum;
}

export function learnLeastSquares(memory: LeastSquaresMemory, inputs: Float64Array, error: number): void {
  const size = inputs.length;
  const { weights, covariance } = memory;
  const projected = new Float64Array(size);
  let spread = FORGETTING;
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += covariance[i * size + j]! * inputs[j]!;
    projected[i] = sum;
    spread += sum * inputs[i]!;
  }
  let trace = 0;
  for (let i = 0; i < size; i++) {
    weights[i] = weights[i]! + (projected[i]! / spread) * error;
    for (let j = 0; j < size; j++) {
      covariance[i * size + j] = covariance[i * size + j]! - (projected[i]! * projected[j]!) / spread;
    }
    trace += covariance[i * size + i]!;
  }
  const forget = trace / FORGETTING > TRACE_MAX_PER_WEIGHT * size ? 1 : 1 / FORGETTING;
  for (let i = 0; i < size * size; i++) covariance[i] = covariance[i]! * forget;
}
