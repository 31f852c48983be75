import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { CallConnections, StaleConnection } from "./call-connections.ts";

const limits = { readTimeoutMilliseconds: 5_000, idleMilliseconds: 5_000 };
const ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

/** A server whose handler gets each raw request and its connection. */
async function serve(t: TestContext, take: (socket: Socket, request: string) => void, given = limits) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => take(socket, bytes.toString()));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const calls = new CallConnections(given);
  t.after(() => {
    calls.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const url = new URL(`http://127.0.0.1:${port}/a?b=c`);
  const post = (more: object = {}) => calls.post({ url, headers: { a: "b" }, body: "é", bytesMax: 1_000, ...more });
  return { sockets, post, calls, port };
}

test("calls that follow each other share a connection; those at once have their own", async (t) => {
  const requests: string[] = [];
  const { sockets, post, port } = await serve(t, (socket, request) => {
    requests.push(request);
    socket.write(ok);
  });

  await post({ headers: { a: "b", host: `127.0.0.1:${port}` } });
  const { status, body } = await post();
  await Promise.all([post(), post()]);

  assert.equal(sockets.length, 2);
  assert.deepEqual([status, body.toString()], [200, "{}"]);
  const head = `a: b\r\nhost: 127.0.0.1:${port}\r\ncontent-length: 2\r\nconnection: keep-alive`;
  assert.equal(requests[0], `POST /a?b=c HTTP/1.1\r\n${head}\r\n\r\né`);
});

test("an answer may come in pieces, or end with its connection", async (t) => {
  const { sockets, post } = await serve(t, (socket) => {
    if (sockets.length > 1) return void socket.end("HTTP/1.1 200 OK\r\n\r\nto the end");
    socket.write(ok.slice(0, 20));
    setImmediate(() => socket.write(`${ok.slice(20)}and more`));
  });

  const pieces = await post();
  const rest = await post();

  assert.equal(pieces.body.toString(), "{}");
  assert.equal(rest.body.toString(), "to the end");
});

test("a connection that is closed under a call before it is answered is stale only when it was kept", async (t) => {
  let isFirst = true;
  const { post } = await serve(t, (socket) => {
    if (isFirst) socket.write(ok);
    else socket.destroy();
    isFirst = false;
  });
  await post();

  await assert.rejects(post(), StaleConnection);
  await assert.rejects(
    post(),
    (error: Error) => !(error instanceof StaleConnection) && /socket hang up|ECONNRESET/.test(error.message),
  );
});

test("half an answer is no reason to send a call again", async (t) => {
  let isFirst = true;
  const { post } = await serve(t, (socket) => {
    if (isFirst) socket.write(ok);
    else socket.end(ok.slice(0, 30));
    isFirst = false;
  });
  await post();

  await assert.rejects(post(), (error: Error) => !(error instanceof StaleConnection));
});

test("a connection that is closed while nobody calls is not used again", async (t) => {
  const { sockets, post } = await serve(t, (socket) => void socket.write(ok));
  await post();
  const [first] = sockets;
  first?.end();
  await once(first ?? process, "close");

  await post();

  assert.equal(sockets.length, 2);
});

/** Responses that exceed the limit, and by how much. */
const tooMuch = new Map([
  ["much", `HTTP/1.1 200 OK\r\n\r\n${"x".repeat(100_000)}`],
  ["less", `HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n${"x".repeat(1_001)}`],
]);

test("a call that is aborted, takes too long, or brings too much ends with its connection", async (t) => {
  const { sockets, post } = await serve(
    t,
    (socket, request) => void socket.write(tooMuch.get(request.slice(-4)) ?? ""),
    {
      ...limits,
      readTimeoutMilliseconds: 50,
    },
  );
  const controller = new AbortController();

  const aborted = post({ signal: controller.signal });
  controller.abort(new Error("that is enough"));

  await assert.rejects(aborted, /that is enough/);
  await assert.rejects(post(), /no answer within 0.05 s/);
  await assert.rejects(post({ body: "much" }), /longer than 1000 bytes/);
  await assert.rejects(post({ body: "less" }), /longer than 1000 bytes/);
  await assert.rejects(post({ headers: { a: "b\r\nc: d" } }), /Cannot send the header a/);
  await Promise.all(sockets.filter(({ destroyed }) => !destroyed).map((socket) => once(socket, "close")));
});

test("who cannot be reached is named", async () => {
  const calls = new CallConnections(limits);

  const call = calls.post({ url: new URL("http://127.0.0.1:1/"), headers: {}, body: "", bytesMax: 1 });

  await assert.rejects(call, /Cannot reach http:\/\/127.0.0.1:1: connect ECONNREFUSED/);
});
