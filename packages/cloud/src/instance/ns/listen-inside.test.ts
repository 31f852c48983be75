import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { listenInside } from "./listen-inside.ts";

test("a socket that another process has opened takes connections when that one has gone", async (t) => {
  const server = await listenInside(["env", "A=B"], "127.0.0.1", 0);
  t.after(() => server.close());
  server.on("connection", (socket) => socket.end("hello"));

  const { port } = server.address() as AddressInfo; // it listens on TCP
  const socket = connect(port, "127.0.0.1");

  assert.equal(await text(socket), "hello");
});

test("where it is closed, nobody is left who listens", async () => {
  const server = await listenInside([], "127.0.0.1", 0);
  const { port } = server.address() as AddressInfo; // it listens on TCP

  server.close();
  await once(server, "close");
  const socket = connect(port, "127.0.0.1");

  await assert.rejects(once(socket, "connect"), /ECONNREFUSED/);
});

test("an address that cannot be had, or a network that is not there, is named with the reason", async (t) => {
  const server = await listenInside([], "127.0.0.1", 0);
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo; // it listens on TCP

  await assert.rejects(listenInside([], "127.0.0.1", port), /Cannot listen on 127.0.0.1:\d+ .*EADDRINUSE/);
  await assert.rejects(listenInside(["false"], "127.0.0.1", 0), /its process ended with 1/);
  await assert.rejects(listenInside(["/no/such/program"], "127.0.0.1", 0), /ENOENT/);
});
