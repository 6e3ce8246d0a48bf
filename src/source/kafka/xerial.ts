/**
 * Snappy as Java's producers write it: the framing of the xerial library, a header and then blocks with their length
 * in front. librdkafka writes one bare block instead, so the header decides.
 */

const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
/** Magic, then version and lowest compatible version, both 1. */
const HEADER = Buffer.concat([MAGIC, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])]);
const BLOCK_BYTES = 32 * 1024;

export function encodeXerial(bytes: Buffer, compress: (block: Buffer) => Buffer): Buffer {
  const parts: Buffer[] = [HEADER];
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const block = compress(bytes.subarray(at, at + BLOCK_BYTES));
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

export function decodeXerial(bytes: Buffer, uncompress: (block: Buffer) => Buffer): Buffer {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return uncompress(bytes);
  const blocks: Buffer[] = [];
  let at = HEADER.length;
  while (at < bytes.length) {
    const length = bytes.readInt32BE(at);
    blocks.push(uncompress(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return Buffer.concat(blocks);
}
