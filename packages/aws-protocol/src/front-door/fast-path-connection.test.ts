import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { key, signed, talk } from "../../test/fixtures/open-door.ts";
import { sampleModel } from "../../test/fixtures/sample-model.ts";
import { defineService } from "../service/define-service.ts";
import { createFrontDoor } from "./front-door.ts";
import { createFrontDoorServer } from "./front-door-server.ts";
import type { Call } from "../permission/identity.ts";
import type { Service } from "../service/service.ts";

/** The text "hold" waits until its caller has gone away. */
let gone: () => void = () => undefined;
const service = defineService({
  name: "sample",
  model: sampleModel("json"),
  signingNames: ["json"],
  operations: {
    Echo: async ({ call }: { readonly call: Call }, input: { readonly Text?: string }) => {
      if (input.Text !== "hold") return input;
      await once(call.signal, "abort");
      gone();
      return input;
    },
  },
  context: {},
});
/** Answers the text "split" with a header that has a line of its own. */
const splitting: Service = {
  ...service,
  async serve(request) {
    const answer = await service.serve(request);
    const isSplit = typeof answer.body === "string" && answer.body.includes("split");
    return isSplit ? { ...answer, headers: { "x-a": "a\r\nx-b: b" } } : answer;
  },
};
const principal = { accountId: "123456789012", arn: "arn:aws:iam::123456789012:user/a", userId: "AIDA" };
const door = createFrontDoor({
  services: [splitting],
  keys: { find: () => ({ ...key, principal }) },
  clock: Date.now,
  log: () => undefined,
});

let quick: Server;
/** The same door, read by Node's server alone. */
let slow: Server;

before(async () => {
  quick = createFrontDoorServer(door).listen(0, "127.0.0.1");
  slow = createServer((message, response) => door(message, response)).listen(0, "127.0.0.1");
  await Promise.all([once(quick, "listening"), once(slow, "listening")]);
});

after(() => {
  for (const server of [quick, slow]) server.close().closeAllConnections();
});

const portOf = (server: Server) => (server.address() as AddressInfo).port; // it listens on TCP

/** A signed request as bytes: one text is echoed. */
function echo(text: string, change: (request: string) => string = (request) => request): string {
  const body = JSON.stringify({ Text: text });
  const headers = signed("http://a", { headers: { "x-amz-target": "Sample.Echo" }, body, service: "json" });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return change(`POST / HTTP/1.1\r\n${lines.join("")}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

const answers = (text: string) => [...text.matchAll(/\{"Text":"(\w*)"\}/g)].map(([, found]) => found);
const until = (count: number) => (text: string) => answers(text).length >= count;

test("requests that come at once are answered one after the other", async () => {
  const text = await talk(portOf(quick), ["a", "b", "c"].map((one) => echo(one)).join(""), until(3));

  assert.deepEqual(answers(text), ["a", "b", "c"]);
  assert.match(text, /^HTTP\/1\.1 200 OK\r\ndate: .* GMT\r\n(?:.+\r\n)*content-length: 12\r\n/);
});

test("an answer of other characters than ASCII is as long as it says", async () => {
  const text = await talk(portOf(quick), echo("Grüße, €") + echo("b"), until(1));

  const body = JSON.stringify({ Text: "Grüße, €" });
  assert(text.includes(`\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`));
  assert(text.includes(`\r\n\r\n${body}HTTP/1.1 200 OK`));
});

test("a header that would be two ends the connection, and is not sent", async () => {
  const text = await talk(portOf(quick), echo("split"), (heard) => heard.length > 0);

  assert.equal(text, "");
});

test("a request may come in pieces, wherever it is cut", async () => {
  const request = echo("cut");
  for (let at = 1; at < request.length; at += 17) {
    const socket = await open(quick);
    socket.write(request.slice(0, at));
    await pause(1);
    socket.write(request.slice(at));
    assert.deepEqual(answers(await read(socket, until(1))), ["cut"], `cut at ${at}`);
  }
});

test("a request whose rest does not come for long is waited for all the same", async () => {
  const request = echo("late");
  const socket = await open(quick);
  socket.write(request.slice(0, 100));
  await pause(1_200);
  socket.write(request.slice(100));

  assert.deepEqual(answers(await read(socket, until(1))), ["late"]);
});

test("a connection changes to Node's server and loses nothing when a request is of another kind", async () => {
  const chunked = (request: string) =>
    request
      .replace("content-length: 12", "transfer-encoding: chunked")
      .replace(/\r\n\r\n(.*)$/, "\r\n\r\nc\r\n$1\r\n0\r\n\r\n");
  const text = await talk(portOf(quick), [echo("a"), echo("b", chunked), echo("c")].join(""), until(3));

  assert.deepEqual(answers(text), ["a", "b", "c"]);
});

test("what is no request, or a strange one, is answered as by Node's server", async () => {
  const changes: readonly ((request: string) => string)[] = [
    (request) => request.replace("HTTP/1.1", "HTTP/3"),
    (request) => request.replace("POST", "BREW"),
    (request) => request.replace("host: a\r\n", ""),
    (request) => request.replace("host: a", "host: a\r\nhost: b"),
    (request) => request.replace("content-length: 12", "content-length: 12\r\ncontent-length: 11"),
    (request) => request.replace("content-length: 12", "content-length: 12\r\ntransfer-encoding: chunked"),
    (request) => request.replace("content-length: 12", "content-length: -1"),
    (request) => request.replace("x-amz-date", "x-amz-date "),
    (request) => request.replace("x-amz-date: ", "x-amz-date:\r\n "),
    (request) => request.replace("x-amz-date: ", "x-amz-date: \0"),
    (request) => request.replace("\r\n", "\n"),
    (request) => request.replace("Signature=", "Signature=0"),
    (request) => request.replace('"}', '"]'),
    (request) => request.replace("Sample.Echo", "Sample.Other"),
    (request) => request.replace("authorization", "connection: close\r\nauthorization"),
  ];
  const plain = (text: string) => text.toLowerCase().replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "id");
  for (const change of changes) {
    const request = echo("a", change);
    const [ours, theirs] = await Promise.all(
      [quick, slow].map(async (server) =>
        plain(await talk(portOf(server), request, (text) => text.includes("\r\n\r\n"))),
      ),
    );
    assert(ours !== undefined && theirs !== undefined);
    assert.equal(ours.split("\r\n")[0], theirs.split("\r\n")[0], request);
    assert.equal(ours.split("\r\n\r\n")[1], theirs.split("\r\n\r\n")[1], request);
  }
});

test("who goes away while a request of theirs is held is noticed", async () => {
  const leaves = [
    (socket: Socket) => socket.destroy(),
    (socket: Socket) => socket.end(),
    (socket: Socket) => socket.resetAndDestroy(),
  ];
  for (const leave of leaves) {
    const noticed = new Promise<void>((resolve) => (gone = resolve));
    const socket = await open(quick);
    socket.on("error", () => undefined);
    await new Promise<void>((sent) => socket.write(echo("hold"), () => sent()));
    await pause(20);
    leave(socket);
    await noticed;
  }
});

test("a server that closes ends idle connections at once, and waits for a request under way", async () => {
  const server = createFrontDoorServer(door).listen(0, "127.0.0.1");
  await once(server, "listening");
  const idle = await open(server);
  idle.write(echo("a"));
  await read(idle, until(1), { keep: true });
  const busy = await open(server);
  await new Promise<void>((sent) => busy.write(echo("hold"), () => sent()));
  await pause(20);

  const closed = new Promise<string>((resolve) => server.close(() => resolve("closed")));
  await once(idle, "close");
  assert.equal(await Promise.race([closed, pause(20, "open")]), "open");
  server.closeAllConnections();
  assert.equal(await closed, "closed");
});

async function open(server: Server): Promise<Socket> {
  const socket = connect(portOf(server), "127.0.0.1").setNoDelay();
  await once(socket, "connect");
  return socket;
}

async function read(socket: Socket, enough: (text: string) => boolean, { keep = false } = {}): Promise<string> {
  let text = "";
  while (!enough(text)) {
    const [bytes] = (await once(socket, "data")) as [Buffer];
    text += bytes.toString();
  }
  if (!keep) socket.destroy();
  return text;
}
