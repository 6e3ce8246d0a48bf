/**
 * A TCP proxy on loopback that can be cut, stalled and healed: what a network does to a connection. For Kafka, start
 * the broker with `advertisedPorts: [proxy.port]`, or clients will walk around it after their first answer.
 */
import { connect, createServer, type Server, type Socket } from "node:net";

export interface TcpProxy {
  readonly port: number;
  /** Where to; may be set once the engine behind it has its port. */
  target: number;
  /** Resets all connections, and every new one until `heal`. */
  cut(): void;
  /** Connections stay, nothing goes through either way, until `heal`: a frozen peer, a lost route. */
  stall(): void;
  heal(): void;
  /** Resets the connections of this moment; new ones go through. */
  blip(): void;
  stop(): Promise<void>;
}

type Mode = "open" | "cut" | "stalled";

export async function startTcpProxy(target = 0): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let mode: Mode = "open";
  const proxy = { target };

  const server: Server = createServer((client) => {
    if (mode === "cut") return void client.resetAndDestroy();
    const upstream = connect(proxy.target, "127.0.0.1");
    const pair = [client, upstream] as const;
    pairs.add(pair);
    link(client, upstream, () => pairs.delete(pair));
    if (mode === "stalled") for (const socket of pair) socket.pause();
  });
  const reset = () => {
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
    pairs.clear();
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return Object.assign(proxy, {
    port: (server.address() as { port: number }).port,
    cut: () => {
      mode = "cut";
      reset();
    },
    stall: () => {
      mode = "stalled";
      for (const pair of pairs) for (const socket of pair) socket.pause();
    },
    heal: () => {
      mode = "open";
      for (const pair of pairs) for (const socket of pair) socket.resume();
    },
    blip: reset,
    stop: async () => {
      reset();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}

/** Passes bytes on by hand rather than by `pipe`, which would resume a socket that was paused by `stall`. */
function link(client: Socket, upstream: Socket, onEnd: () => void): void {
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    from.setNoDelay(true);
    from.on("data", (bytes) => void to.write(bytes));
    from.on("error", () => to.destroy());
    from.on("close", () => {
      to.destroy();
      onEnd();
    });
  }
}
