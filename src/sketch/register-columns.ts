/** HyperLogLog registers as a list of doubles: eight registers of six bits make a whole number below 2^48, exact. */
import type { DistinctSummary } from "./profile.ts";

const REGISTERS_PER_NUMBER = 8;

export function packRegisters(registers: Uint8Array): Float64Array {
  const packed = new Float64Array(Math.ceil(registers.length / REGISTERS_PER_NUMBER));
  for (let i = registers.length - 1; i >= 0; i--) {
    const at = Math.floor(i / REGISTERS_PER_NUMBER);
    packed[at] = packed[at]! * 64 + (registers[i]! & 63);
  }
  return packed;
}

export function unpackRegisters(packed: Float64Array): DistinctSummary {
  const registers = new Uint8Array(packed.length * REGISTERS_PER_NUMBER);
  packed.forEach((number, at) => {
    let rest = number;
    for (let i = 0; i < REGISTERS_PER_NUMBER; i++) {
      registers[at * REGISTERS_PER_NUMBER + i] = rest % 64;
      rest = Math.floor(rest / 64);
    }
  });
  return { lgK: Math.log2(registers.length), registers };
}
