import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { seededRandom } from "../../base/random.ts";
import { Frames, frameSockets } from "./frame-socket.ts";

function answerOf(length: number, fill: number): Buffer {
  const answer = Buffer.alloc(4 + length, fill);
  answer.writeInt32BE(length, 0);
  return answer;
}

const unexpected = () => {
  throw new Error("an answer came in pieces");
};

test("answers come out whole and unchanged, however they were cut on the way", () => {
  const random = seededRandom(7);
  const answers = Array.from({ length: 200 }, (_, i) => answerOf(Math.floor(random() ** 4 * 9_000), i % 251));
  const log = Buffer.concat(answers);
  const got: Buffer[] = [];
  const frames = new Frames((answer) => got.push(answer), unexpected);
  const shared = Buffer.alloc(700);
  for (let at = 0; at < log.length; ) {
    const count = log.copy(shared, 0, at, at + 1 + Math.floor(random() * 699));
    frames.add(shared, count);
    at += count;
    shared.fill(0xee);
  }
  expect(got.length).toBe(answers.length);
  expect(got.every((answer, i) => answer.equals(answers[i]!))).toBe(true);
});

test("an answer over the bound is handed on in pieces, and the next one whole again", () => {
  const got: Buffer[] = [];
  let inPieces = 0;
  const frames = new Frames(
    (answer) => got.push(answer),
    () => inPieces++,
    100,
  );
  const log = Buffer.concat([answerOf(5_000, 1), answerOf(50, 2)]);
  for (let at = 0; at < log.length; at += 640) frames.add(log.subarray(at), Math.min(640, log.length - at));
  expect(Buffer.concat(got).equals(log)).toBe(true);
  expect(got.length).toBeGreaterThan(8);
  expect(got.at(-1)!.equals(answerOf(50, 2))).toBe(true);
  expect(inPieces).toBe(1);
});

test("what is no answer at all is handed on as it comes, without taking memory for it", () => {
  const got: Buffer[] = [];
  let inPieces = 0;
  const frames = new Frames(
    (answer) => got.push(answer),
    () => inPieces++,
  );
  const text = Buffer.from("\xff\xfe some other protocol", "latin1");
  frames.add(text, text.length);
  frames.add(text, text.length);
  expect(Buffer.concat(got).equals(Buffer.concat([text, text]))).toBe(true);
  expect(inPieces).toBe(1);
});

test("a socket gives a server's answers whole, and its end", async () => {
  const answers = [answerOf(3, 1), answerOf(2_000_000, 2), answerOf(1, 3)];
  const server = createServer((socket) => {
    for (const answer of answers) socket.write(answer);
    socket.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = frameSockets(unexpected)({
    host: "127.0.0.1",
    port,
    ssl: undefined as never,
    onConnect: () => {},
  });
  const got: Buffer[] = [];
  socket.on("data", (answer: Buffer) => got.push(answer));
  await once(socket, "end");
  expect(got.map((answer, i) => answer.equals(answers[i]!))).toEqual([true, true, true]);
  socket.destroy();
  server.close();
});

// While brokers are away each question to them opens connections: what these held was garbage of its own, 0.75 MB a question.
test("a connection that nobody takes has no buffer for large reads", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  const before = process.memoryUsage().arrayBuffers;
  const make = frameSockets(unexpected);
  const sockets = Array.from({ length: 100 }, () =>
    make({ host: "127.0.0.1", port, ssl: undefined as never, onConnect: () => {} }),
  );
  await Promise.all(sockets.map((socket) => once(socket, "error")));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
});
