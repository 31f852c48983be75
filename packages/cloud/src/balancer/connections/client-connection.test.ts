import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { ClientConnection, type RequestHandler } from "./client-connection.ts";

test("a connection has one request served at a time, and others their turn in between", async (t) => {
  let [turn, served] = [0, 0];
  const turns = new Set<number>();
  const front: RequestHandler = {
    idleMilliseconds: 10_000,
    forget: () => undefined,
    serve(client) {
      turns.add(turn);
      if (served++ === 0)
        setImmediate(function next() {
          turn += 1;
          if (served < 50) setImmediate(next);
        });
      client.respond("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n", "");
      return undefined;
    },
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => void new ClientConnection(socket, front));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");

  client.end("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(50));
  const answers = (await text(client)).split("HTTP/1.1 200 OK").length - 1;

  assert.equal(answers, 50); // all of them, although the client says no more
  assert(turns.size >= 45, `50 requests in ${turns.size} turns`);
});
