import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { eventually } from "../../../../../test/support/eventually.ts";
import { freePort } from "../../../test/targets.ts";
import { listenInside } from "./listen-inside.ts";

const greet = (socket: Socket) => void socket.on("error", () => {}).end("hello");
const here = { address: "127.0.0.1", port: 0, take: greet };

test("a socket that another process has opened takes connections when that one has gone", async (t) => {
  const server = await listenInside(["env", "A=B"], here);
  t.after(() => server.close());

  const { port } = server.address() as AddressInfo; // it listens on TCP
  const socket = connect(port, "127.0.0.1");

  assert.equal(await text(socket), "hello");
});

test("who connects before that one has gone is answered, too", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-listen-"));
  const answered = join(folder, "answered");
  const lingering = ["sh", "-c", `"$@"; while ! [ -e '${answered}' ]; do sleep 0.01; done`, "sh"];
  const port = await freePort();

  const opening = listenInside(lingering, { ...here, port });
  t.after(async () => {
    (await opening).close();
    rmSync(folder, { recursive: true });
  });
  const ask = async () => {
    const socket = connect(port, "127.0.0.1").setTimeout(1_000);
    socket.once("timeout", () => socket.destroy());
    return text(socket).catch(() => ""); // nobody listens yet, or the other process took it and has gone
  };
  const answer = await eventually("a connection is answered", async () => (await ask()) || undefined, 5).finally(() =>
    writeFileSync(answered, ""),
  );

  assert.equal(answer, "hello");
});

test("where it is closed, nobody is left who listens", async () => {
  const server = await listenInside([], here);
  const { port } = server.address() as AddressInfo; // it listens on TCP

  server.close();
  await once(server, "close");
  const socket = connect(port, "127.0.0.1");

  await assert.rejects(once(socket, "connect"), /ECONNREFUSED/);
});

test("an address that cannot be had, or a network that is not there, is named with the reason", async (t) => {
  const server = await listenInside([], here);
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo; // it listens on TCP

  await assert.rejects(listenInside([], { ...here, port }), /Cannot listen on 127.0.0.1:\d+ .*EADDRINUSE/);
  await assert.rejects(listenInside(["false"], here), /its process ended with 1/);
  await assert.rejects(listenInside(["/no/such/program"], here), /ENOENT/);
});
