// Clients of the front door that mean no good: slow, silent, deaf, endless, or very many. Beside each of them a client that
// means well is served as before. Nothing here measures absolute time: a hostile input is compared with one that is four
// times smaller, and memory with what came in.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { setImmediate as turn, setTimeout as pause } from "node:timers/promises";
import { openDoor, send, signed } from "../../test/fixtures/open-door.ts";
import { sampleModel } from "../../test/fixtures/sample-model.ts";
import { defineService } from "../service/define-service.ts";
import { serviceModel } from "../service/model.ts";

const sample = defineService({
  name: "sample",
  model: sampleModel("json"),
  signingNames: ["json"],
  operations: { Echo: (_context: unknown, input: unknown) => input },
  context: {},
});
const s3 = defineService({
  name: "s3",
  model: serviceModel("s3"),
  signingNames: ["s3"],
  operations: { GetObject: () => ({}) },
  context: {},
});
const echo = { headers: { "x-amz-target": "Sample.Echo" }, body: '{"Text":"a"}', service: "json" };

/** A connection to a server of this process; ended with the test. */
function dial(t: TestContext, port: number): Socket {
  const socket = connect(port, "127.0.0.1").on("error", () => undefined);
  t.after(() => socket.destroy());
  return socket;
}

/** A signed request as bytes. */
function echoed(url: string): string {
  const lines = Object.entries(signed(url, echo)).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST / HTTP/1.1\r\n${lines.join("")}content-length: ${echo.body.length}\r\n\r\n${echo.body}`;
}

/** Everything that a connection says until it ends. */
async function heard(socket: Socket): Promise<string> {
  let text = "";
  for await (const bytes of socket) text += String(bytes);
  return text;
}

const answersOk = async (url: string) => assert.equal((await send(url, echo)).status, 200);

test("who does not read the answers gets no more of them, and is heard no more", async (t) => {
  const { url, port } = await openDoor(t, { services: [sample] });
  const request = echoed(url);
  const deaf = dial(t, port);
  deaf.pause();
  const refused = request.replace(/Signature=\w/, "Signature=g"); // nobody needs a key for this
  let [sent, isStopped] = [0, false];

  // Until the other side has taken nothing for a while, although it has nothing else to do.
  while (!isStopped && sent < 20_000_000) {
    const burst = refused.repeat(400);
    sent += burst.length;
    if (!deaf.write(burst)) isStopped = await Promise.race([once(deaf, "drain").then(() => false), pause(1_500, true)]);
  }

  assert(isStopped, `it has taken ${sent} bytes from a client that reads nothing`);
  await answersOk(url);
  deaf.resume(); // who reads at last is answered to the end
  assert.equal(String((await once(deaf, "data"))[0]).slice(0, 12), "HTTP/1.1 400");
});

test("a connection that says nothing, or never comes to the end of a head, is ended by its own time", async (t) => {
  const { port, url } = await openDoor(t, { services: [sample] });

  // Node's own limits are part of what is tested; they are only set, as they are long.
  const { server } = await openDoor(t, { services: [sample] });
  assert.equal(server.headersTimeout, 20_000);
  assert(server.requestTimeout > 0);
  const endless = dial(t, port);
  endless.write(`GET / HTTP/1.1\r\n${"x-a: b\r\n".repeat(10_000)}`);
  assert.match(await heard(endless), /^HTTP\/1\.1 431/);
  await answersOk(url);
});

test("the body of a request for what is no service of AWS's has a time limit as well", async (t) => {
  const { port, url } = await openDoor(t, {
    services: [sample],
    bodyMilliseconds: 100,
    // Waits for the whole body, however long that takes.
    fallback: (request, response) => void request.resume().once("end", () => response.end("done")),
  });
  const silent = dial(t, port);
  silent.write("POST /hosts/register HTTP/1.1\r\nHost: a\r\nContent-Length: 43\r\n\r\nx");

  assert.match(await heard(silent), /^HTTP\/1\.1 408/);
  const good = await fetch(`${url}/hosts/register`, { method: "POST", body: "x" });
  assert.equal(await good.text(), "done");
});

test("an upload of a byte now and then is none", async (t) => {
  const upload = defineService({
    name: "s3",
    model: serviceModel("s3"),
    signingNames: ["s3"],
    operations: {
      PutObject: async (_context: unknown, { Body }: { Body: AsyncIterable<Buffer> }) => {
        for await (const _ of Body);
        return {};
      },
    },
    context: {},
  });
  const { port, url } = await openDoor(t, { services: [upload], bodyMilliseconds: 300 });
  const headers = signed(url, {
    method: "PUT",
    path: "/b/k",
    service: "s3",
    headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
  });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const slow = dial(t, port);
  slow.write(`PUT /b/k HTTP/1.1\r\n${lines.join("")}content-length: 1000000\r\n\r\n`);
  const drip = setInterval(() => slow.write("x"), 50);
  t.after(() => clearInterval(drip));

  assert.match(await heard(slow), /^HTTP\/1\.1 400[^]*RequestTimeout/);
});

test("a host of more than 255 characters is refused, whatever else the request is", async (t) => {
  const { port } = await openDoor(t, { services: [sample, s3] });
  const ask = async (host: string, rest = "") => {
    const socket = dial(t, port);
    socket.write(`GET /x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${rest}\r\n`);
    return heard(socket);
  };

  assert.match(await ask("a".repeat(256)), /^HTTP\/1\.1 400 [^]*at most 255 characters/);
  assert.match(await ask("a".repeat(30_000), "Authorization: AWS4-HMAC-SHA256 x\r\n"), /^HTTP\/1\.1 400 /);
  assert.match(await ask("a".repeat(255)), /^HTTP\/1\.1 404 /);
});

test("many connections that say nothing make room for others, and those who have a key stay", async (t) => {
  const limits = { connectionsMax: 40, unauthenticatedMax: 20 };
  const { port, url } = await openDoor(t, { services: [sample] }, limits);
  const friend = dial(t, port);
  friend.write(echoed(url));
  await once(friend, "data");

  const crowd: Socket[] = [];
  for (let at = 0; at < 200; at++) {
    const socket = dial(t, port);
    crowd.push(socket);
    await once(socket, "connect");
  }
  await turn();
  await answersOk(url);
  friend.write(echoed(url));
  await once(friend, "data");
  const open = await Promise.all(
    crowd.map((socket) =>
      Promise.race([socket.closed || once(socket.resume(), "close").then(() => true), pause(300, false)]),
    ),
  );

  assert(open.filter((isClosed) => !isClosed).length <= limits.unauthenticatedMax);
  assert.equal(friend.closed, false);
});

test("a header that is signed a thousand times over is refused before it is put together a thousand times", async (t) => {
  const { url, port } = await openDoor(t, { services: [sample] });
  const request = echoed(url).replace(/SignedHeaders=[^,]*/, (names) => `${names}${";x-a".repeat(5_000)}`);
  const hostile = dial(t, port);
  hostile.write(request.replace("\r\n", `\r\nx-a: ${"a".repeat(9_000)}\r\nconnection: close\r\n`));

  assert.match(await heard(hostile), /^HTTP\/1\.1 400 [^]*SignedHeaders must name each header once/);
});

test("a list that is too long is refused before anybody is asked about its items", async (t) => {
  let judged = 0;
  const counting = defineService({
    name: "sample",
    model: sampleModel("json"),
    signingNames: ["json"],
    operations: { Echo: (_context: unknown, input: unknown) => input },
    accesses: (_operation, input) => {
      judged += Array.isArray(input["Names"]) ? input["Names"].length : 0;
      return [];
    },
    context: {},
  });
  const { url } = await openDoor(t, { services: [counting] });
  const ask = (count: number) =>
    send(url, { ...echo, body: JSON.stringify({ Names: Array.from({ length: count }, () => "a") }) });

  const [long, short] = [await ask(1_001), await ask(1_000)];

  assert.equal(long.status, 400);
  assert.match(long.text, /at most 1000 items/);
  assert.equal(short.status, 200);
  assert.equal(judged, 1_000);
});
