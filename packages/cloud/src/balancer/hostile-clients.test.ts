import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { ModifyLoadBalancerAttributesCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { openLocalCloud } from "../../test/local-cloud.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { type Balanced, openBackend, openBalanced } from "../../test/targets.ts";

/** Sends bytes over a connection of their own; everything that comes back until it ends. */
async function say(port: number, bytes: string | Buffer): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.write(bytes);
  const heard = await text(socket);
  socket.destroy();
  return heard;
}

const statusOf = (heard: string): string => /^HTTP\/1\.1 (\d{3})/.exec(heard)?.[1] ?? `nothing: ${heard}`;

/** A balancer in front of a server that notes what it is asked. */
async function openNoting(t: TestContext, cloud: Awaited<ReturnType<typeof openLocalCloud>>) {
  const asked: string[] = [];
  const backend = await openBackend(t, (request, response) => {
    if (request.url !== "/") asked.push(`${request.method} ${request.url}`);
    void text(request).then(
      (body) => response.end(body === "" ? "hello" : body),
      () => response.destroy(), // the request was broken off
    );
  });
  const balanced = await openBalanced(t, cloud);
  await balanced.join(backend);
  return { balanced, asked };
}

/** A target that answers each connection with these bytes, whatever it is asked; checks get a proper answer. */
async function openRude(t: TestContext, balanced: Balanced, answer: (socket: Socket, asked: string) => void) {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      if (chunk.includes("ELB-HealthChecker")) socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      else answer(socket, chunk.toString("latin1"));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo; // it listens on TCP
  await balanced.join({ target: { Id: "127.0.0.1", Port: port } });
}

test("requests that two programs could read differently are refused, and nothing of them reaches a target", async (t) => {
  const cloud = await openLocalCloud(t);
  const { balanced, asked } = await openNoting(t, cloud);
  const head = (...lines: readonly string[]) => `POST /x HTTP/1.1\r\nHost: a\r\n${lines.join("\r\n")}\r\n\r\n`;
  const refused: Readonly<Record<string, string>> = {
    "a length and a coding": head("Content-Length: 4", "Transfer-Encoding: chunked") + "0\r\n\r\n",
    "two lengths": head("Content-Length: 1", "Content-Length: 2") + "ab",
    "two lengths that agree": head("Content-Length: 1", "Content-Length: 1") + "a",
    "a list of lengths": head("Content-Length: 1, 1") + "a",
    "a signed length": head("Content-Length: +1") + "a",
    "a length in hex": head("Content-Length: 0x1") + "a",
    "two codings": head("Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + "0\r\n\r\n",
    "a blank before the colon": head("Transfer-Encoding : chunked") + "0\r\n\r\n",
    "a folded line": head("X-A: b", " Transfer-Encoding: chunked") + "0\r\n\r\n",
    "a bare line feed": "GET /x HTTP/1.1\r\nHost: a\r\nX-A: b\nContent-Length: 3\r\n\r\nabc",
    "a bare carriage return": head("X-A: b\rContent-Length: 3"),
    "a NUL": head("X-A: b\0c"),
    "a coding of HTTP/1.0": "POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "no host": "GET /x HTTP/1.1\r\n\r\n",
    "two hosts": "GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a host with a path": "GET /x HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "a line of no sense": "hello\r\n\r\n",
    "two blanks": "GET  /x HTTP/1.1\r\nHost: a\r\n\r\n",
    "a target that is no path": "GET x HTTP/1.1\r\nHost: a\r\n\r\n",
    "a header that is too long": head(`X-A: ${"a".repeat(17_000)}`),
    "a head that is too long": head(...Array.from({ length: 50 }, (_, at) => `X-${at}: ${"a".repeat(1_500)}`)),
    "an endless head": `GET /x HTTP/1.1\r\nHost: a\r\n${"X-A: b\r\n".repeat(10_000)}`,
    "a chunk that lies": head("Transfer-Encoding: chunked") + "1\r\nabc\r\n0\r\n\r\n",
  };

  const answers = await Promise.all(
    Object.entries(refused).map(async ([what, bytes]) => [what, statusOf(await say(balanced.port, bytes))]),
  );

  assert.deepEqual(
    answers,
    Object.keys(refused).map((what) => [what, "400"]),
  );
  assert.deepEqual(
    asked.filter((one) => one !== "POST /x"),
    [],
  );
});

test("what is not served is refused by its own status", async (t) => {
  const cloud = await openLocalCloud(t);
  const { balanced, asked } = await openNoting(t, cloud);
  const ask = async (bytes: string) => statusOf(await say(balanced.port, bytes));

  assert.equal(await ask("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"), "501");
  assert.equal(await ask("PRI * HTTP/2.0\r\n\r\n"), "505");
  assert.equal(await ask("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"), "405");
  assert.equal(await ask("TRACE /x HTTP/1.1\r\nHost: a\r\n\r\n"), "405");
  assert.equal(await ask(`GET /${"x".repeat(17_000)} HTTP/1.1\r\nHost: a\r\n\r\n`), "414");
  assert.deepEqual(asked, []);
});

test("requests that come all at once are answered one by one, in their order, also when the client has ended its side", async (t) => {
  const cloud = await openLocalCloud(t);
  const { balanced, asked } = await openNoting(t, cloud);
  const requests = Array.from({ length: 300 }, (_, at) =>
    at % 3 === 0
      ? `POST /${at} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwiki\r\n0\r\n\r\n`
      : `GET /${at} HTTP/1.1\r\nHost: a\r\n\r\n`,
  );

  const socket = connect({ port: balanced.port, host: "127.0.0.1", allowHalfOpen: true });
  socket.end(requests.join(""));
  const heard = await text(socket);

  assert.equal(heard.match(/HTTP\/1\.1 200 OK/g)?.length, 300);
  assert.deepEqual(
    asked,
    requests.map((request) => request.split(" HTTP", 1)[0]),
  );
});

test("a head and a body that come byte by byte are as good as others", async (t) => {
  const cloud = await openLocalCloud(t);
  const { balanced } = await openNoting(t, cloud);
  const socket = connect({ port: balanced.port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });

  for (const byte of "\r\nPOST /slow HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwiki\r\n0\r\n\r\n") {
    socket.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end();
  const heard = await text(socket);

  assert.match(heard, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  assert.match(heard, /\r\n\r\nwiki$/);
});

test("a client that does not go on with its request is told so, and one that has not begun is let go", async (t) => {
  const cloud = await openLocalCloud(t);
  const { balanced, asked } = await openNoting(t, cloud);
  await idleAfter(balanced, 1);

  const [silent, half, unread] = await Promise.all([
    say(balanced.port, ""),
    say(balanced.port, "GET /x HTTP/1.1\r\nHo"),
    say(balanced.port, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123"),
  ]);

  assert.equal(silent, "");
  assert.equal(statusOf(half), "408");
  assert.equal(statusOf(unread), "408");
  assert.deepEqual(
    asked.filter((one) => one !== "POST /x"),
    [],
  );
});

test("a client that reads nothing holds up its own requests alone", async (t) => {
  const cloud = await openLocalCloud(t);
  let answered = 0;
  const backend = await openBackend(t, ({ url }, response) => {
    if (url !== "/big") return void response.end("hello");
    answered += 1;
    response.end(Buffer.alloc(1_000_000));
  });
  const balanced = await openBalanced(t, cloud);
  await balanced.join(backend);

  const deaf = connect({ port: balanced.port, host: "127.0.0.1" });
  t.after(() => deaf.destroy());
  deaf.pause();
  deaf.write("GET /big HTTP/1.1\r\nHost: a\r\n\r\n".repeat(500));
  await eventually("its answers pile up", async () => (answered > 1 ? true : undefined));

  for (let count = 0; count < 50; count += 1) assert.equal(await (await fetch(balanced.url)).text(), "hello");
  assert(answered < 50, `${answered} answers of a million bytes were fetched for nobody`);
});

test("answers that are no HTTP are a bad gateway, and what follows an answer is no answer to anybody", async (t) => {
  const cloud = await openLocalCloud(t);
  const balanced = await openBalanced(t, cloud);
  const answers: Readonly<Record<string, string>> = {
    "/two-lengths": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "/both": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "/no-http": "hello\r\n\r\n",
    "/split": "HTTP/1.1 200 OK\r\nX-A: b\nSet-Cookie: c\r\nContent-Length: 0\r\n\r\n",
    "/long": `HTTP/1.1 200 OK\r\nX-A: ${"a".repeat(40_000)}\r\n\r\n`,
    "/unasked": "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
    "/more": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstale",
    "/early": "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "/old": "HTTP/1.0 200 OK\r\n\r\nuntil the end",
  };
  await openRude(t, balanced, (socket, asked) => {
    const [, path = ""] = asked.split(" ");
    socket.write(answers[path] ?? "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    if (path === "/old") socket.end();
  });

  for (const path of ["/two-lengths", "/both", "/no-http", "/split", "/long", "/unasked"])
    assert.equal((await fetch(`${balanced.url}${path.slice(1)}`)).status, 502, path);
  assert.equal(await (await fetch(`${balanced.url}more`)).text(), "ok");
  assert.equal((await fetch(`${balanced.url}other`)).status, 404);
  assert.equal(await (await fetch(`${balanced.url}early`)).text(), "ok");
  assert.equal(await (await fetch(`${balanced.url}old`)).text(), "until the end");
});

test("a target that says nothing is a gateway time-out after the idle timeout", async (t) => {
  const cloud = await openLocalCloud(t);
  const balanced = await openBalanced(t, cloud);
  await idleAfter(balanced, 1);
  await openRude(t, balanced, (socket, asked) => {
    if (asked.startsWith("GET /half")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  });

  const silent = await fetch(`${balanced.url}silent`, { method: "POST", body: "x" });
  const half = await fetch(`${balanced.url}half`);

  assert.equal(silent.status, 504);
  assert.match(await silent.text(), /<title>504 Gateway Time-out<\/title>/);
  await assert.rejects(half.text());
});

async function idleAfter({ elb, loadBalancer: LoadBalancerArn }: Balanced, seconds: number): Promise<void> {
  const Attributes = [{ Key: "idle_timeout.timeout_seconds", Value: String(seconds) }];
  await elb.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes }));
}
