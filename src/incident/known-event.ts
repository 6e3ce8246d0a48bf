import { eventsTouching } from "../audit/known-events.ts";
import type { JudgedWindow } from "./home.ts";
import { glob } from "./matcher.ts";
import type { LaneEvent } from "./options.ts";

/** The known event (maintenance, a launch, a holiday) that the window lies in or touches, if any. */
export function knownEventOf(events: readonly LaneEvent[], window: JudgedWindow): LaneEvent | undefined {
  const endMs = window.windowStartMs + window.windowSizeMs;
  return events.find(
    (event) =>
      glob(event.swimlane, window.swimlane) &&
      eventsTouching([event], window.windowStartMs, endMs).length > 0,
  );
}
