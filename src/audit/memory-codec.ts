/**
 * An auditor's memory as one string, and back. Everything that structured clone keeps and a detector may use comes
 * through: typed arrays (base64 of little-endian bytes, small counts packed), maps, sets, NaN and infinities.
 */
import { invariant, OperationalError } from "../base/errors.ts";

const VERSION = 1;

export function encodeMemory(memory: unknown): string {
  return JSON.stringify({ version: VERSION, memory: packed(memory) });
}

/** @throws {OperationalError} AUDIT_MEMORY_UNREADABLE when it was written by another version, or damaged. */
export function decodeMemory<Memory>(text: string): Memory {
  try {
    const parsed = JSON.parse(text) as { version: number; memory: unknown };
    if (parsed.version !== VERSION) throw new Error(`version ${parsed.version}, expected ${VERSION}`);
    return unpacked(parsed.memory) as Memory;
  } catch (cause) {
    throw new OperationalError(
      "An auditor's memory cannot be read: damaged, or written by another version. Windows and verdicts in the store " +
        "are safe; the lane is judged from an older memory, or learns anew from its stored windows.",
      {
        code: "AUDIT_MEMORY_UNREADABLE",
        retryable: false,
        cause,
      },
    );
  }
}

/** The only key of an object that stands for something JSON has not. */
const MARK = "$";

function packed(value: unknown): unknown {
  if (typeof value === "number")
    return Number.isFinite(value) ? value : { [MARK]: ["number", String(value)] };
  if (value === undefined) return { [MARK]: ["undefined"] };
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return packedArray(value);
  if (ArrayBuffer.isView(value)) return packedView(value);
  if (value instanceof Map) return { [MARK]: ["map", [...value].map((entry) => packed(entry))] };
  if (value instanceof Set) return { [MARK]: ["set", [...value].map((entry) => packed(entry))] };
  invariant(!(MARK in value), `memory must not use the key "${MARK}"`);
  return mapped(value, packed);
}

/** The same object with other members. Only a copy that has them all takes a member named `__proto__` as any other. */
function mapped(value: object, change: (member: unknown) => unknown): object {
  const copy: Record<string, unknown> = { ...value };
  for (const key of Object.keys(copy)) copy[key] = change(copy[key]);
  return copy;
}

/** Lists of numbers are most of a memory: as bytes, in single precision where that restores them exactly. */
function packedArray(values: readonly unknown[]): unknown {
  if (values.length >= 8 && values.every((value) => typeof value === "number")) {
    const single = Float32Array.from(values as number[]);
    const exact = values.every((value, i) => Object.is(single[i], value));
    return {
      [MARK]: ["numbers", base64(exact ? single : Float64Array.from(values as number[])), exact ? 4 : 8],
    };
  }
  return values.map(packed);
}

function packedView(view: ArrayBufferView): unknown {
  const name = view.constructor.name;
  if (view instanceof Uint32Array || view instanceof Float64Array) {
    const bytes = countBytes(view);
    if (bytes !== undefined) return { [MARK]: ["counts", name, Buffer.from(bytes).toString("base64")] };
  }
  return { [MARK]: ["view", name, base64(view)] };
}

/** Whole numbers below 2^32 as variable-length bytes, runs of zeros as one; undefined when some are not. */
function countBytes(counts: Uint32Array | Float64Array): number[] | undefined {
  const bytes: number[] = [];
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!;
    if (!Number.isInteger(count) || count < 0 || count > 0xffff_ffff || Object.is(count, -0))
      return undefined;
    if (count > 0) {
      pushVarint(bytes, count);
      continue;
    }
    let zeros = 1;
    while (i + 1 < counts.length && Object.is(counts[i + 1], 0)) {
      zeros++;
      i++;
    }
    bytes.push(0);
    pushVarint(bytes, zeros);
  }
  return bytes;
}

function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}

function readCounts(bytes: Uint8Array): number[] {
  const counts: number[] = [];
  let position = 0;
  const next = (): number => {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = bytes[position++]!;
      value += (byte % 128) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  };
  while (position < bytes.length) {
    const count = next();
    if (count > 0) counts.push(count);
    else for (let zeros = next(); zeros > 0; zeros--) counts.push(0);
  }
  return counts;
}

function base64(view: ArrayBufferView): string {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString("base64");
}

const VIEWS = {
  Float64Array,
  Float32Array,
  Uint32Array,
  Int32Array,
  Uint16Array,
  Int16Array,
  Uint8Array,
  Int8Array,
};

function unpacked(value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(unpacked);
  if (MARK in value) return unmarked(value[MARK] as unknown[]);
  return mapped(value, unpacked);
}

function unmarked([type, first, second]: unknown[]): unknown {
  switch (type) {
    case "undefined":
      return undefined;
    case "number":
      return Number(first);
    case "numbers":
      return [...new (second === 4 ? Float32Array : Float64Array)(bytesOf(first as string))];
    case "map":
      return new Map((first as unknown[]).map((entry) => unpacked(entry) as [unknown, unknown]));
    case "set":
      return new Set((first as unknown[]).map(unpacked));
    case "counts":
      return new VIEWS[first as "Uint32Array"](readCounts(Buffer.from(second as string, "base64")));
    case "view":
      return new VIEWS[first as keyof typeof VIEWS](bytesOf(second as string));
    default:
      throw new Error(`unknown mark ${String(type)}`);
  }
}

function bytesOf(text: string): ArrayBuffer {
  const bytes = Buffer.from(text, "base64");
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}
