import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { SignedRequests } from "../protocol/signed-requests.ts";
import { downloadFromGitHub } from "./download-git-hub.ts";

async function listen(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
}

async function ground(t: TestContext, listener: RequestListener) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-github-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const requests = new SignedRequests({ readTimeoutSeconds: 5 });
  t.after(() => requests.close());
  const endpoint = await listen(t, listener);
  const revision = {
    type: "GitHub",
    account: "a",
    repository: "r",
    commitId: "c0ffee",
    bundleType: "tar",
    token: "secret",
  } as const;
  const into = join(folder, "bundle.tar");
  const download = () =>
    downloadFromGitHub({ revision, into, endpoint, requests, log: () => {}, pausesMilliseconds: [1, 1, 1] });
  return { folder, into, endpoint, download };
}

test("a commit's archive is fetched with the token, which is not told to the host that the archive lies on", async (t) => {
  const seen: IncomingMessage[] = [];
  const store = await listen(t, (request, response) => {
    seen.push(request);
    response.end("archive");
  });
  const { into, download } = await ground(t, (request, response) => {
    seen.push(request);
    response.writeHead(302, { location: `${store}/archive` }).end();
  });

  await download();

  assert.equal(readFileSync(into, "utf8"), "archive");
  const [api, other] = seen;
  assert.deepEqual([api?.url, api?.headers.authorization], ["/repos/a/r/tarball/c0ffee", "token secret"]);
  assert.equal(other?.headers.authorization, undefined);
});

test("troubles of the server are met with three more tries, and then named with all codes", async (t) => {
  let calls = 0;
  const { endpoint, into, download } = await ground(t, (_, response) => {
    calls += 1;
    response.writeHead(503).end();
  });

  const codes = "503 'Service Unavailable'";
  await assert.rejects(download(), {
    message: `Could not download bundle at '${endpoint}/repos/a/r/tarball/c0ffee' after 3 retries. Server returned codes: ${[codes, codes, codes, codes].join("; ")}.`,
  });
  assert.equal(calls, 4);
  assert(!existsSync(into));
});

test("what is not there is not asked for again, and an archive that breaks off leaves nothing", async (t) => {
  let calls = 0;
  const missing = await ground(t, (_, response) => {
    calls += 1;
    response.writeHead(404).end();
  });
  await assert.rejects(missing.download(), /after 0 retries\. Server returned codes: 404 'Not Found'\./);
  assert.equal(calls, 1);

  const broken = await ground(t, (_, response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write("half");
    setImmediate(() => response.destroy());
  });
  await assert.rejects(broken.download());
  assert.deepEqual(readdirSync(broken.folder), []);
});
