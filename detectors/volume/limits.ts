/** Below which count would this window have paged? For the chart. */
import type { Judged } from "./alternatives.ts";
import type { Innovation } from "./forecast.ts";
import { method } from "./method.ts";
import { countAtRoot, root } from "./noise.ts";
import type { Thresholds } from "./threshold.ts";

/** The count at which the one-window channel or the ratio pages, whichever is higher; NaN where none is judged. */
export function lowerLimit(judged: Judged, innovation: Innovation, thresholds: Thresholds): number {
  if (judged.expected < method.expectedMin) return Number.NaN;
  const residual = Math.min(
    method.gateResidual,
    innovation.forecast - thresholds.once * innovation.deviation,
  );
  const once = Math.min(
    (1 - method.gateLoss) * judged.expected,
    countAtRoot(root(judged.expected) + residual * judged.deviation),
  );
  const reach = thresholds.ratio * Math.sqrt(1 + method.ratioCounting / judged.expected);
  const ratio = Math.min(
    (1 - method.ratioGateLoss) * judged.expected,
    (judged.expected + 0.5) * Math.exp(-reach) - 0.5,
  );
  return Math.max(0, once, ratio);
}
