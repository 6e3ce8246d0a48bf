import { describe } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import { QUEUES } from "../../src/queue/index.ts";
import { describeQueueLaws } from "./queue.ts";

describe("the inline queue", () => {
  describeQueueLaws({
    create: (overrides) =>
      QUEUES.inline.create("test", QUEUES.inline.options.parse({}), {
        clock: systemClock,
        telemetry: new Telemetry({ level: "silent" }),
        ...overrides,
      }),
  });
});
