import { expect, test } from "vitest";
import { Slots } from "./slots.ts";

test("never more than the slots are under way, the others follow in their order, and a failure frees its slot", async () => {
  const slots = new Slots(2);
  const order: number[] = [];
  let underWay = 0;
  let most = 0;
  const work = (i: number) => async () => {
    most = Math.max(most, ++underWay);
    order.push(i);
    await new Promise((resolve) => setTimeout(resolve, 5));
    underWay--;
    if (i === 1) throw new Error("one that fails");
    return i;
  };
  const results = await Promise.allSettled([0, 1, 2, 3, 4].map((i) => slots.run(work(i))));
  expect(results.map(({ status }) => status)).toEqual([
    "fulfilled",
    "rejected",
    "fulfilled",
    "fulfilled",
    "fulfilled",
  ]);
  expect(order).toEqual([0, 1, 2, 3, 4]);
  expect(most).toBe(2);
});
