import { CompressionCodecs, CompressionTypes } from "kafkajs";
import { expect, test } from "vitest";
import { registerCodecs } from "./codecs.ts";
import { decodeXerial, encodeXerial } from "./xerial.ts";

const TEXT = Buffer.from(JSON.stringify({ features: { country: "FR", watch_time: 12.5 } }).repeat(2_000));

test.each([
  ["snappy", CompressionTypes.Snappy],
  ["lz4", CompressionTypes.LZ4],
  ["zstd", CompressionTypes.ZSTD],
])("what %s compresses, it gives back, and smaller on the way", async (_, type) => {
  registerCodecs();
  const codec = (CompressionCodecs[type as keyof typeof CompressionCodecs] as () => Codec)();
  const compressed = await codec.compress({ buffer: TEXT });
  expect(compressed.length).toBeLessThan(TEXT.length / 2);
  expect((await codec.decompress(compressed)).equals(TEXT)).toBe(true);
});

interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

test("Java's snappy frame is a header and blocks with their length in front", () => {
  const framed = encodeXerial(Buffer.alloc(40_000, 1), (block) => block.subarray(0, 10));
  expect(framed.subarray(0, 16).toString("hex")).toBe("82534e4150505900" + "0000000100000001");
  expect(framed.readInt32BE(16)).toBe(10);
  expect(framed.length).toBe(16 + 2 * (4 + 10));
});

test("snappy without a frame, as librdkafka writes it, is read as one block", () => {
  expect(
    decodeXerial(Buffer.from("bare"), (block) => Buffer.from(block.toString().toUpperCase())).toString(),
  ).toBe("BARE");
});
