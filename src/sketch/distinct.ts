/** How many distinct strings and booleans a profile has seen. */
import type { Profile } from "./profile.ts";

/** Exact while every name is kept, else an estimate. */
export function distinctCountOf(profile: Profile): number {
  return profile.categories.names.length;
}
