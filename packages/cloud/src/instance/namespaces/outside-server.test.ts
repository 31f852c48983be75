import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { connect as connectSecurely } from "node:tls";
import { Authority } from "../../tls/authority.ts";
import { sockets } from "./folders.ts";
import { OutsideServer, type OutsideServerOptions } from "./outside-server.ts";

/** What answers instances, and says from which address it was asked. */
async function openOutside(t: TestContext, limits?: OutsideServerOptions["limits"]) {
  const state = mkdtempSync(join(tmpdir(), "sluice-outside-"));
  const answer = (_request: unknown, response: { end(text: string): void }) => response.end("metadata");
  const outside = new OutsideServer(
    { listener: answer, port: 0, signerSha256: "", metadata: () => answer, taskMetadata: () => answer },
    {
      authority: Authority.open(state, () => Date.now()),
      secureListener: (request, response) =>
        void request.resume().once("end", () => response.end(String(request.socket.remoteAddress))),
      ...(limits && { limits }),
    },
  );
  await outside.listen(state);
  t.after(async () => {
    await outside.close();
    rmSync(state, { recursive: true, force: true });
  });
  return { path: join(state, sockets.outside) };
}

/** Asks as netd does for an instance, and gives the body of the answer. */
async function askFrom(path: string, line: string): Promise<string> {
  const plain = connect(path);
  await once(plain, "connect");
  plain.write(line);
  const secure = connectSecurely({ socket: plain, servername: "s3.amazonaws.com", rejectUnauthorized: false });
  secure.write("GET / HTTP/1.1\r\nhost: s3.amazonaws.com\r\nconnection: close\r\n\r\n");
  const answered = await text(secure);
  return answered.slice(answered.indexOf("\r\n\r\n") + 4).trim();
}

test("who asks through port 443 of an instance has the instance's address", async (t) => {
  const { path } = await openOutside(t);

  const answers = [
    await askFrom(path, "secure i-00000001 172.31.1.4\n"),
    await askFrom(path, "secure i-00000002 172.31.1.5\n"),
    await askFrom(path, "secure i-00000001 172.31.1.4\n"),
  ];

  assert.deepEqual(
    answers.map((answer) => /172\.31\.1\.\d/.exec(answer)?.[0]),
    ["172.31.1.4", "172.31.1.5", "172.31.1.4"],
  );
});

/** A connection as netd makes it for an instance. */
async function carried(t: TestContext, path: string, first: string) {
  const socket = connect(path).on("error", () => undefined);
  t.after(() => socket.destroy());
  await once(socket, "connect");
  socket.write(first);
  return socket;
}

test("a request of an instance that never comes to its end has a limit of time, as at the front door", async (t) => {
  const { path } = await openOutside(t, { headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 50 });
  const metadata = await carried(t, path, "metadata i-00000001 172.31.1.4\nGET / HTTP/1.1\r\nHost: a\r\n");
  const secure = connectSecurely({
    socket: await carried(t, path, "secure i-00000001 172.31.1.4\n"),
    servername: "s3.amazonaws.com",
    rejectUnauthorized: false,
  }).on("error", () => undefined);
  secure.write("PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx");
  const silent = await carried(t, path, "secure i-00000002 172.31.1.5\n");

  assert.match(await text(metadata), /^HTTP\/1\.1 408/);
  assert.match(await text(secure), /^HTTP\/1\.1 408/);
  assert.equal(await text(silent), ""); // a handshake that never begins
});

test("an instance that opens connections without end takes them from itself", async (t) => {
  const { path } = await openOutside(t);
  const other = await carried(t, path, "metadata i-00000002 172.31.1.5\n");
  const first = await carried(t, path, "metadata i-00000001 172.31.1.4\n");
  const closed = once(first.resume(), "close");

  for (let count = 0; count < 300; count++) await carried(t, path, "metadata i-00000001 172.31.1.4\n");

  await closed;
  other.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  assert.match(await text(other), /metadata$/);
});
