import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { text } from "node:stream/consumers";
import { passConnectionsOn, passRequestsOn } from "../../src/nodes/pass-on.ts";

const alone = { isBehindProxy: false, port: () => 4566 };

async function opened(t: TestContext, server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
}

/** The node that writes: it tells what has reached it. */
async function openWriter(t: TestContext) {
  const reached: string[] = [];
  const url = await opened(
    t,
    createServer((request, response) => {
      reached.push(request.url ?? "");
      response.end("from the writer");
    }),
  );
  return { url, reached };
}

/** Has connections look as if they came from elsewhere. */
const fromElsewhere = (socket: Socket) => Object.defineProperty(socket, "remoteAddress", { value: "10.0.0.8" });

test("a node passes nobody's plain HTTP from the network on to the console, which would take it for this machine's", async (t) => {
  const writer = await openWriter(t);
  const server = createServer(passRequestsOn(() => writer.url, { ...alone, authority: undefined }));
  const url = await opened(t, server);
  assert.equal((await fetch(`${url}/console/api/session`)).status, 200, "this machine's own");

  server.prependListener("connection", fromElsewhere);
  const asked = async (path: string) =>
    (await fetch(url + path, { method: "POST", headers: { connection: "close" } })).status;
  assert.deepEqual(
    await Promise.all(["/console/api/session", "/", "/hosts", "/hosts/web-1"].map(asked)),
    [403, 403, 403, 403],
  );
  assert.deepEqual(writer.reached, ["/console/api/session"]);
  assert.equal(await asked("/hosts/register"), 200, "a host that is set up");
});

test("behind a proxy that speaks HTTPS a node passes on what comes from the network", async (t) => {
  const writer = await openWriter(t);
  const server = createServer(
    passRequestsOn(() => writer.url, { ...alone, isBehindProxy: true, authority: undefined }),
  );
  server.prependListener("connection", fromElsewhere);
  assert.equal((await fetch(`${await opened(t, server)}/console/api/session`)).status, 200);
});

test("a node that hands connections through hides from none on its machine that they come from the network", async (t) => {
  const writer = await openWriter(t);
  const server = createServer();
  passConnectionsOn(server, () => writer.url, alone);
  const url = await opened(t, server);
  assert.equal(
    await (await fetch(`${url}/console/one`, { headers: { connection: "close" } })).text(),
    "from the writer",
  );

  server.prependListener("connection", fromElsewhere);
  const refused = await fetch(`${url}/console/two`);
  assert.equal(refused.status, 403);
  assert.match(await refused.text(), /with TLS only/);
  assert.deepEqual(writer.reached, ["/console/one"]);

  // TLS ends at the other node, which sees that nobody on the way can read it.
  const socket = connect(Number(new URL(url).port), "127.0.0.1").on("error", () => {});
  socket.write(Buffer.from([0x16, 3, 1, 0, 1, 0]));
  assert.match(await text(socket), /400 Bad Request/, "the writer of this test speaks no TLS");
});

test("connections that a node hands through are counted, and the oldest make room", async (t) => {
  const writer = await openWriter(t);
  const server = createServer();
  passConnectionsOn(server, () => writer.url, { ...alone, connections: { connectionsMax: 8, unauthenticatedMax: 2 } });
  const port = Number(new URL(await opened(t, server)).port);
  const sockets: Socket[] = [];
  for (let count = 0; count < 3; count++) {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    t.after(() => socket.destroy());
    sockets.push(socket);
    await once(socket, "connect");
  }
  const [oldest] = sockets;
  assert(oldest);
  await once(oldest.resume(), "close");
  assert.deepEqual(
    sockets.map((socket) => socket.destroyed),
    [true, false, false],
  );
});
