import { expect, test } from "vitest";
import { exampleManifest } from "../../test/harness/example-manifest.ts";
import { type BrokerPartition, compareWithBroker, holdsWithBroker } from "./broker-side.ts";
import { walkPartition } from "./proof.ts";

const counted = walkPartition([exampleManifest(10, 20), exampleManifest(20, 50)]);

function sideOf(broker: Partial<BrokerPartition>) {
  const side = compareWithBroker(counted, {
    topic: "t",
    partition: 0,
    startOffset: 10,
    endOffset: 50,
    ...broker,
  });
  return { ...side, holds: holdsWithBroker(side) };
}

test("a log that ends where the path ends has nothing to explain, wherever the commit is", () => {
  for (const commitOffset of [undefined, 20, 50])
    expect(sideOf({ commitOffset })).toMatchObject({
      holds: true,
      unreadCount: 0,
      missing: null,
      deleted: null,
    });
});

test("records that nobody has read yet are lag, and no fault", () => {
  expect(sideOf({ endOffset: 80, commitOffset: 50 })).toMatchObject({ holds: true, unreadCount: 30 });
});

test("a commit beyond the path says that a manifest is missing; what lies beyond the commit is lag still", () => {
  expect(sideOf({ endOffset: 80, commitOffset: 70 })).toMatchObject({
    holds: false,
    missing: { startOffset: 50, endOffset: 70 },
    unreadCount: 10,
  });
});

test("records that the broker deleted before they were read are told apart from lag", () => {
  expect(sideOf({ startOffset: 60, endOffset: 80 })).toMatchObject({
    holds: false,
    deleted: { startOffset: 50, endOffset: 60 },
    unreadCount: 20,
    missing: null,
  });
});

test("a log that ends before the path went back", () => {
  expect(sideOf({ startOffset: 0, endOffset: 30 })).toMatchObject({
    holds: false,
    wentBack: { startOffset: 30, endOffset: 50 },
    unreadCount: 0,
  });
});

test("a topic that was made again is told, however far it has grown; nothing of the old log is compared with it", () => {
  const replaced = { countedLogId: "id-1", logId: "id-2", startOffset: 0, endOffset: 80 };
  for (const commitOffset of [undefined, 70])
    expect(sideOf({ ...replaced, commitOffset })).toMatchObject({
      holds: false,
      replaced,
      unreadCount: 80,
      missing: null,
      wentBack: null,
    });
});

test("an id that is not known, of the log that was counted or of the one that is there, says nothing", () => {
  for (const ids of [{ countedLogId: "id-1" }, { logId: "id-1" }, { countedLogId: "id-1", logId: "id-1" }])
    expect(sideOf(ids)).toMatchObject({ holds: true, replaced: null });
});

test("what the log holds before the first manifest is said, and no fault: stores keep segments for a while only", () => {
  expect(sideOf({ startOffset: 0 })).toMatchObject({ holds: true, beforeCount: 10 });
});

test("without any manifest a commit is no proof of a loss: the store may have dropped them", () => {
  const side = compareWithBroker(undefined, {
    topic: "t",
    partition: 0,
    startOffset: 10,
    endOffset: 50,
    commitOffset: 40,
  });
  expect(side).toMatchObject({
    forgotten: { startOffset: 10, endOffset: 40 },
    missing: null,
    unreadCount: 10,
  });
  expect(
    compareWithBroker(undefined, { topic: "t", partition: 0, startOffset: 10, endOffset: 50 }),
  ).toMatchObject({
    forgotten: null,
    unreadCount: 40,
  });
});
