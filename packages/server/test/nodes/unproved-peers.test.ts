import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { test } from "node:test";
import { AnswerPeers } from "../../src/nodes/peers/answer-peers.ts";
import { headerNames, newNonce, protocolName } from "../../src/nodes/peers/handshake.ts";

test("who has not proved to be a node of the house sends nothing long", async (t) => {
  const peers = new AnswerPeers({
    key: randomBytes(32),
    answering: () => undefined,
    onDefect: (error) => assert.fail(String(error)),
  });
  const server = createServer().listen(0, "127.0.0.1");
  server.on("upgrade", (request, socket, first) => peers.accept(request, socket, first));
  await once(server, "listening");
  t.after(() => server.close());
  t.after(() => peers.close());
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  t.after(() => socket.destroy());
  socket.write(
    `GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: ${protocolName}\r\n${headerNames.nonce}: ${newNonce()}\r\n\r\n`,
  );
  const [answer] = (await once(socket, "data")) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1.1 101 /);

  const prefix = Buffer.alloc(13);
  prefix.writeUInt32BE(10 * 2 ** 20, 0);
  prefix.writeUInt8(1, 4);
  const closed = new Promise<void>((resolve, reject) => {
    socket.once("close", () => resolve());
    setTimeout(() => reject(new Error("the connection stays")), 2_000).unref();
  });
  socket.write(prefix);
  socket.write(Buffer.alloc(100_000));

  await closed; // long before the time for the proof is over
});
