import { OperationalError } from "../base/errors.ts";
import type { Profile } from "./profile.ts";

export function profileFromRecord(_json: unknown): Profile {
  throw new OperationalError("profile records come with the next commit", {
    code: "SKETCH_PROFILE_RECORD",
    retryable: false,
  });
}
