import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { Together } from "./together.ts";

/** A lane that is judged until `judged` is called, and then writes. */
function lane(together: Together, name: string, log: string[]) {
  let judged = () => {};
  const work = new Promise<void>((resolve) => {
    judged = resolve;
  });
  void together
    .during(() => work)
    .then(() => together.allOut())
    .then(() => log.push(name));
  return { judged };
}

test("lanes that are judged at the same time write in the same turn, once the last of them is judged", async () => {
  const log: string[] = [];
  const together = new Together(new ManualClock(0));
  const lanes = ["a", "b", "c"].map((name) => lane(together, name, log));
  lanes[0]!.judged();
  lanes[1]!.judged();
  await turn();
  expect(log).toEqual([]);
  lanes[2]!.judged();
  await turn();
  expect(log.sort()).toEqual(["a", "b", "c"]);
});

test("a lane that hangs holds the others up for half a second at most", async () => {
  const log: string[] = [];
  const clock = new ManualClock(0);
  const together = new Together(clock);
  lane(together, "hangs", log);
  lane(together, "done", log).judged();
  await turn();
  clock.advanceTo(499);
  await turn();
  expect(log).toEqual([]);
  clock.advanceTo(500);
  await turn();
  expect(log).toEqual(["done"]);
});

test("a lane that fails holds nobody up", async () => {
  const together = new Together(new ManualClock(0));
  const failing = together.during(async () => {
    throw new Error("the store is away");
  });
  await expect(failing).rejects.toThrow("the store is away");
  await together.allOut();
});
