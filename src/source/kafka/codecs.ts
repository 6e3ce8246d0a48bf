/** Snappy, LZ4 and Zstandard for kafkajs, which has only gzip. Without them a compressed topic ends the consumer. */
import { createRequire } from "node:module";
import * as zlib from "node:zlib";
import { compress as zstdCompress, decompress as zstdDecompress } from "@mongodb-js/zstd";
// kafkajs is CommonJS: Node finds only some of its names, so they are taken from the whole.
import kafkajs from "kafkajs";
import { compressFrame, decompressFrame } from "lz4-napi";
import { decodeXerial, encodeXerial } from "./xerial.ts";

const { CompressionCodecs, CompressionTypes } = kafkajs;

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

interface SnappyJs {
  compress(bytes: Buffer): Buffer;
  uncompress(bytes: Buffer): Buffer;
}

/** Node has Zstandard itself from 22.15 on. */
type NativeZstd = (bytes: Buffer, done: (error: Error | null, result: Buffer) => void) => void;
const native = zlib as unknown as {
  readonly zstdCompress?: NativeZstd;
  readonly zstdDecompress?: NativeZstd;
};

/** May be called any number of times. */
export function registerCodecs(): void {
  const snappyjs = createRequire(import.meta.url)("snappyjs") as SnappyJs;
  const codecs: Readonly<Record<number, Codec>> = {
    [CompressionTypes.Snappy]: {
      compress: async ({ buffer }) => encodeXerial(buffer, (block) => snappyjs.compress(block)),
      decompress: async (bytes) => decodeXerial(bytes, (block) => snappyjs.uncompress(block)),
    },
    [CompressionTypes.LZ4]: {
      compress: ({ buffer }) => compressFrame(buffer),
      decompress: (bytes) => decompressFrame(bytes),
    },
    [CompressionTypes.ZSTD]: {
      compress: ({ buffer }) => callNative(native.zstdCompress, buffer) ?? zstdCompress(buffer),
      decompress: (bytes) => callNative(native.zstdDecompress, bytes) ?? zstdDecompress(bytes),
    },
  };
  const registry = CompressionCodecs as Record<number, () => Codec>;
  for (const [type, codec] of Object.entries(codecs)) registry[Number(type)] = () => codec;
}

function callNative(work: NativeZstd | undefined, bytes: Buffer): Promise<Buffer> | undefined {
  if (!work) return undefined;
  return new Promise((resolve, reject) =>
    work(bytes, (error, result) => (error ? reject(error) : resolve(result))),
  );
}
