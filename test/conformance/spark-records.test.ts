import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe } from "vitest";
import { sparkLaws } from "./spark-side-by-side.ts";

function recordsOf(k: number): string {
  const file = new URL(`../data/spark/flights-week1.k${k}.jsonl.gz`, import.meta.url);
  return gunzipSync(readFileSync(file)).toString("utf8");
}

describe("the records that Spark made of a week of flights agree with its rows", () => {
  describe("k = 400 keeps every value of a day", () => sparkLaws(() => recordsOf(400), "all"));
  describe("k = 200 estimates", () => sparkLaws(() => recordsOf(200), "some"));
});
