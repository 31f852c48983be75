// What a client who means well, and the server's memory, notice of an attack. The server is a process of its own. Times are
// compared with those of an attack that is four times smaller, and memory with what was sent.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { key, send, signed } from "../../test/fixtures/open-door.ts";

const echo = { headers: { "x-amz-target": "Sample.Echo" }, body: '{"Text":"a"}', service: "json" };

async function openProgram(t: TestContext) {
  const program = new URL("../../test/fixtures/door-program.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => Number((await lines.next()).value);
  const port = await next();
  const url = `http://127.0.0.1:${port}`;
  const ask = (question: string) => {
    child.stdin.write(`${question}\n`);
    return next();
  };
  const memory = () => ask("now");
  /** The most that it has had. */
  const peakMemory = () => ask("peak");
  /** How long a few calls take, one after the other, in milliseconds. */
  const callsTake = async () => {
    const begin = performance.now();
    for (let count = 0; count < 5; count++) assert.equal((await send(url, echo)).status, 200);
    return performance.now() - begin;
  };
  const dial = async (): Promise<Socket> => {
    const socket = connect(port, "127.0.0.1").on("error", () => undefined);
    t.after(() => socket.destroy());
    await once(socket, "connect");
    return socket;
  };
  await callsTake();
  return { url, memory, peakMemory, callsTake, dial };
}

type Program = Awaited<ReturnType<typeof openProgram>>;

/** Compares the time of calls during an attack with that during one of a quarter its size. Returns the growth of memory, in bytes. */
async function compare(program: Program, attack: (size: number) => Promise<readonly Socket[]>): Promise<number> {
  const calm = await program.callsTake();
  const before = await program.memory();
  const beside = async (size: number) => {
    const sockets = await attack(size);
    const taken = await program.callsTake();
    for (const socket of sockets) socket.destroy();
    await program.callsTake(); // until what is left of it has been worked off
    return taken;
  };
  const [small, large] = [await beside(1), await beside(4)];
  assert(large < 2 * small + 20 * calm, `${small} ms, beside four times as much ${large} ms, else ${calm} ms`);
  return (await program.memory()) - before;
}

async function flood({ dial }: Program, bytes: Buffer): Promise<readonly Socket[]> {
  const sockets = await Promise.all(Array.from({ length: 4 }, dial));
  for (const socket of sockets) socket.resume().write(bytes);
  return sockets;
}

const mebibyte = 1024 * 1024;

test("requests that wait for no answer are not served before everybody else's", async (t) => {
  const program = await openProgram(t);
  const line = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

  const grown = await compare(program, (size) =>
    flood(program, Buffer.from(line.repeat((size * 0.25 * mebibyte) / line.length))),
  );

  // Young objects alone may take as much as 64 MiB until they are collected; 150 000 requests held at once take several times as much.
  assert(grown < 192 * mebibyte, `${grown} bytes for 4 MiB`);
});

test("signed ones are not, either, and are read no faster than they are answered", async (t) => {
  const program = await openProgram(t);
  const lines = "POST / HTTP/1.1\r\nHost: a\r\nAuthorization: AWS4-HMAC-SHA256 x\r\nContent-Length: 0\r\n\r\n";

  const grown = await compare(program, (size) =>
    flood(program, Buffer.from(lines.repeat((size * 2 * mebibyte) / lines.length))),
  );

  assert(grown < 192 * mebibyte, `${grown} bytes for 32 MiB`);
});

test("a form or a query of very many parameters costs as little as any that is refused", async (t) => {
  const program = await openProgram(t);
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const attack = async (size: number) => {
    const body = "a&".repeat(size * 125_000);
    const { port } = new URL(program.url);
    const socket = await program.dial();
    const head = `POST / HTTP/1.1\r\nHost: a:${port}\r\nContent-Type: ${headers["content-type"]}`;
    socket.resume().write(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await once(socket, "data");
    return [socket];
  };
  const timed = async (size: number) => {
    const begin = performance.now();
    await attack(size);
    return performance.now() - begin;
  };

  const [small, large] = [await timed(1), await timed(4)];
  const query = await fetch(`${program.url}/?${"a&".repeat(1_000)}`);

  assert(large < 8 * small + 100, `${small} ms, and for four times as much ${large} ms`);
  assert.equal(query.status, 400);
  assert.match(await query.text(), /at most 1000 parameters/);
});

test("bodies that nobody has proved share a limit, and the one that has lain longest goes first", async (t) => {
  const program = await openProgram(t);
  const size = 3 * mebibyte;
  const { host: _, ...headers } = signed(program.url, { ...echo, accessKeyId: key.accessKeyId });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST / HTTP/1.1\r\nHost: a\r\n${lines.join("")}Content-Length: ${size}\r\n\r\n`;
  const before = await program.memory();
  const first = await program.dial();
  const refused = once(first, "data");
  first.write(head + "x".repeat(size - 1));

  for (let count = 0; count < 64; count++) (await program.dial()).resume().write(head + "x".repeat(size - 1));

  assert.match(String((await refused)[0]), /^HTTP\/1\.1 503 /);
  await program.callsTake();
  const grown = (await program.memory()) - before;
  assert(grown < (65 * size) / 2, `${grown} bytes of ${65 * size}`);
});

test("bodies of those who have a key share a limit as well, and the next one waits until there is room", async (t) => {
  const program = await openProgram(t);
  const [size, count] = [8 * mebibyte, 64];
  const body = JSON.stringify({ Text: "x".repeat(size - 11) });
  const { host, ...headers } = signed(program.url, {
    service: "large",
    body,
    headers: { ...echo.headers, "x-amz-content-sha256": createHash("sha256").update(body).digest("hex") },
  });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST / HTTP/1.1\r\nHost: ${host}\r\n${lines.join("")}Content-Length: ${size}\r\n\r\n`;
  const before = await program.peakMemory();

  // A server that reads them as they arrive has all of them in memory before one is complete.
  const answers = Array.from({ length: count }, async () => {
    const socket = await program.dial();
    socket.write(head + body);
    return String((await once(socket, "data"))[0]).slice(0, 12);
  });

  assert.deepEqual([...new Set(await Promise.all(answers))], ["HTTP/1.1 200"]);
  const grown = (await program.peakMemory()) - before;
  assert(grown < (count * size) / 2, `${grown} bytes of ${count * size}`);
});
