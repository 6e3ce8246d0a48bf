import { expect, test } from "vitest";
import { Assignment } from "./assignment.ts";
import { findStalled, stillPlaces } from "./stall-watch.ts";

const STALLED_MS = 100;

function placeAt(nextOffset: number) {
  const assignment = new Assignment({ t: [0] });
  const place = assignment.begin({ topic: "t", partition: 0, offset: nextOffset }, 0);
  const look = (nowMs: number, endOffset: number) =>
    findStalled(
      stillPlaces([...assignment.places()], nowMs, STALLED_MS),
      [{ topic: "t", partition: 0, startOffset: 0, endOffset }],
      nowMs,
      STALLED_MS,
    );
  return { place, look };
}

test("a partition that is behind and does not move is stalled, once that has lasted", () => {
  const { look } = placeAt(5);
  expect(look(150, 9)).toBeUndefined();
  expect(look(200, 9)).toBeUndefined();
  expect(look(251, 9)).toMatchObject({ code: "SOURCE_STALLED", retryable: true });
});

test("a quiet partition that gets records just before the look is not stalled", () => {
  const { look } = placeAt(5);
  for (let nowMs = 150; nowMs < 10_000; nowMs += 150) expect(look(nowMs, 5)).toBeUndefined();
  expect(look(10_050, 6)).toBeUndefined();
});

test("a partition that moves, however slowly, is not stalled", () => {
  const { place, look } = placeAt(0);
  expect(look(150, 100)).toBeUndefined();
  Assignment.move(place, 1, 240);
  expect(look(260, 100)).toBeUndefined();
  expect(look(350, 100)).toBeUndefined();
});
