/**
 * Between a registry's frame and a Protobuf record stands which message of the schema it is: how many indexes, then
 * one for each level of nesting, as zigzag varints. A single 0 stands for the first message.
 */
import type protobuf from "protobufjs";

/** Deeper nesting of message types than anyone writes; more is a corrupt record. */
const DEPTH_MAX = 64;

export function readMessageIndexes(reader: protobuf.Reader): readonly number[] {
  const count = reader.sint32();
  if (count === 0) return [0];
  if (count < 0 || count > DEPTH_MAX) throw new Error(`${count} message indexes`);
  return Array.from({ length: count }, () => reader.sint32());
}
