import type { Profile } from "./profile.ts";
import { finiteCountOf } from "./profile.ts";

/** The smallest kept number at or below which `rank` (0 to 1) of all lie; NaN without numbers. */
export function quantileOf(profile: Profile, rank: number): number {
  const { items, weights } = profile.quantiles;
  const target = rank * finiteCountOf(profile);
  let sum = 0;
  for (let i = 0; i < items.length; i++) {
    sum += weights[i]!;
    if (sum >= target) return items[i]!;
  }
  return items.length === 0 ? Number.NaN : profile.max;
}
