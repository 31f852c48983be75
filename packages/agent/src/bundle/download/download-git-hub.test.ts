import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, RequestListener } from "node:http";
import { type TestContext, test } from "node:test";
import { breakOff, downloadFixture, inTurn, listen } from "../../../test/download-fixture.ts";
import { downloadFromGitHub } from "./download-git-hub.ts";

async function fixture(t: TestContext, listener: RequestListener) {
  const endpoint = await listen(t, listener);
  const { folder, into, requests, retryOptions } = downloadFixture(t);
  const revision = {
    type: "GitHub",
    account: "a",
    repository: "r",
    commitId: "c0ffee",
    bundleType: "tar",
    token: "secret",
  } as const;
  const download = () => downloadFromGitHub({ revision, into, endpoint, requests, retryOptions });
  return { folder, into, endpoint, download };
}

test("a commit's archive is fetched with the token, which is not told to the host that the archive lies on", async (t) => {
  const seen: IncomingMessage[] = [];
  const store = await listen(t, (request, response) => {
    seen.push(request);
    response.end("archive");
  });
  const { into, download } = await fixture(t, (request, response) => {
    seen.push(request);
    response.writeHead(302, { location: `${store}/archive` }).end();
  });

  await download();

  assert.equal(readFileSync(into, "utf8"), "archive");
  const [api, other] = seen;
  assert.deepEqual([api?.url, api?.headers.authorization], ["/repos/a/r/tarball/c0ffee", "token secret"]);
  assert.equal(other?.headers.authorization, undefined);
});

test("troubles of the server and on the way, and its limits, are met with more tries, and in the end named", async (t) => {
  const seen: IncomingMessage[] = [];
  const answer =
    (status: number, headers = {}): RequestListener =>
    (_, response) => {
      response.writeHead(status, headers).end("archive");
    };
  const broken: RequestListener = (_, response) => {
    response.writeHead(200, { "content-length": 7 });
    breakOff(response, "arc");
  };
  const limited = answer(403, { "x-ratelimit-remaining": "0" });
  const passing = await fixture(t, inTurn(seen, answer(503), limited, answer(429), broken, answer(200)));
  await passing.download();
  assert.equal(readFileSync(passing.into, "utf8"), "archive");
  assert.equal(seen.length, 5);

  const { endpoint, folder, into, download } = await fixture(t, answer(503));
  const codes = Array.from({ length: 4 }, () => "503 'Service Unavailable'").join("; ");
  await assert.rejects(download(), (error: Error) => {
    const [before, after] = error.message.split(/ after \d+ retries\. /);
    assert.equal(before, `Could not download bundle at '${endpoint}/repos/a/r/tarball/c0ffee'`);
    assert.equal(after, `Server returned codes: ${codes}.`);
    return true;
  });
  assert(!existsSync(into));
  assert.deepEqual(readdirSync(folder), []);
});

test("what is not there, or not for this token, is not asked for again", async (t) => {
  for (const [status, text] of [
    [404, "Not Found"],
    [403, "Forbidden"],
  ] as const) {
    const seen: IncomingMessage[] = [];
    const { download } = await fixture(
      t,
      inTurn(seen, (_, response) => {
        response.writeHead(status).end();
      }),
    );
    await assert.rejects(download(), new RegExp(`after 0 retries\\. Server returned codes: ${status} '${text}'\\.`));
    assert.equal(seen.length, 1);
  }
});
