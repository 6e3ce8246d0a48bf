/** The frame that producers with a Schema Registry put around a record: a zero byte and the schema's id, big-endian. */

const MAGIC = 0;
export const HEADER_BYTES = 5;

/** @returns the schema's id; −1 when `[start, end)` does not begin with the frame. */
export function schemaIdOf(bytes: Buffer, start: number, end: number): number {
  if (start < 0 || end - start < HEADER_BYTES || bytes[start] !== MAGIC) return -1;
  return bytes.readUInt32BE(start + 1);
}
