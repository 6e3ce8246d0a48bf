/**
 * Sockets that hand over whole answers of the broker. Node makes a buffer for each read, and kafkajs copies them all
 * together once an answer is complete: twice its bytes become garbage, outside the heap, where it makes the engine
 * collect the whole heap again and again. Here bytes are read into one buffer for ever, and each answer is put together
 * in a buffer of its own, which nobody has to copy (patches.ts).
 */
import { isIP, type Socket, connect as tcpConnect } from "node:net";
import { connect as tlsConnect } from "node:tls";
import type { ISocketFactory } from "kafkajs";

const KEEP_ALIVE_MS = 60_000;
/** What one read takes at most. */
const READ_BYTES_MAX = 262_144;
/** What the first takes: Node wants its buffer before the connection is made, which a broker that is away never does. */
const FIRST_READ_BYTES_MAX = 1_024;
/** Before each answer stands its length, big-endian. */
const LENGTH_BYTES = 4;
/** An answer that claims to be longer (or is none: some other protocol's) is handed on in pieces, as it comes. */
const ANSWER_BYTES_MAX = 134_217_728;

/**
 * Sockets in the place of kafkajs' own. With TLS, where Node has no reading into a given buffer, nothing is changed.
 * @param onInPieces told of each answer over the bound.
 */
export function frameSockets(onInPieces: () => void): ISocketFactory {
  return ({ host, port, ssl, onConnect }) => {
    const socket = ssl
      ? tlsConnect({ host, port, ...(isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
      : connectFramed(host, port, onConnect, onInPieces);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    return socket;
  };
}

function connectFramed(host: string, port: number, onConnect: () => void, onInPieces: () => void): Socket {
  const frames = new Frames((answer) => socket.emit("data", answer), onInPieces);
  let buffer = Buffer.allocUnsafeSlow(FIRST_READ_BYTES_MAX);
  const onread = {
    buffer: () => buffer,
    callback: (count: number, bytes: Uint8Array) => {
      frames.add(bytes as Buffer, count);
      if (buffer.length < READ_BYTES_MAX) buffer = Buffer.allocUnsafeSlow(READ_BYTES_MAX);
      return true;
    },
  };
  const socket: Socket = tcpConnect({ host, port, onread }, onConnect);
  return socket;
}

/** Puts answers together, in buffers that are theirs alone. */
export class Frames {
  readonly #emit: (answer: Buffer) => void;
  readonly #onInPieces: () => void;
  readonly #bytesMax: number;
  #answer: Buffer = Buffer.allocUnsafeSlow(LENGTH_BYTES);
  #filled = 0;
  /** Bytes of an answer handed on in pieces that are still to come. */
  #passing = 0;

  constructor(emit: (answer: Buffer) => void, onInPieces: () => void, bytesMax = ANSWER_BYTES_MAX) {
    this.#emit = emit;
    this.#onInPieces = onInPieces;
    this.#bytesMax = bytesMax;
  }

  /** Takes `bytes[0..count)`, which may be overwritten afterwards. */
  add(bytes: Buffer, count: number): void {
    let at = 0;
    while (at < count) {
      if (this.#passing > 0) {
        const piece = Math.min(this.#passing, count - at);
        this.#passing -= piece;
        this.#emit(Buffer.from(bytes.subarray(at, at + piece)));
        at += piece;
        continue;
      }
      const copied = bytes.copy(this.#answer, this.#filled, at, count);
      at += copied;
      this.#filled += copied;
      if (this.#filled === this.#answer.length) this.#onFilled();
    }
  }

  /** Either the length is known now, or the answer is whole. */
  #onFilled(): void {
    const filled = this.#answer;
    if (filled.length === LENGTH_BYTES) {
      const length = filled.readInt32BE(0);
      if (length > 0 && length <= this.#bytesMax) {
        this.#answer = Buffer.allocUnsafeSlow(LENGTH_BYTES + length);
        filled.copy(this.#answer);
        return;
      }
      // A negative length is no Kafka's: all that follows goes on as it is.
      this.#passing = length < 0 ? Number.POSITIVE_INFINITY : length;
      if (length !== 0) this.#onInPieces();
    }
    this.#answer = Buffer.allocUnsafeSlow(LENGTH_BYTES);
    this.#filled = 0;
    this.#emit(filled);
  }
}
