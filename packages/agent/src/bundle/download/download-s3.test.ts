import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, RequestListener } from "node:http";
import { type TestContext, test } from "node:test";
import { breakOff, downloadFixture, inTurn, listen } from "../../../test/download-fixture.ts";
import { downloadFromS3 } from "./download-s3.ts";

const content = "0123456789";
const eTag = '"e"';

async function fixture(t: TestContext, ...listeners: readonly RequestListener[]) {
  const seen: IncomingMessage[] = [];
  const endpoint = await listen(t, inTurn(seen, ...listeners));
  const { folder, into, requests, retryOptions, told } = downloadFixture(t);
  const credentials = async () => ({ accessKeyId: "AKIA", secretAccessKey: "secret" });
  const download = (more: { readonly eTag?: string } = {}, sha256?: string) => {
    const revision = { type: "S3", bucket: "b", key: "k", bundleType: "tar", ...more } as const;
    return downloadFromS3({
      revision,
      into,
      sha256,
      credentials,
      region: "us-east-1",
      endpoint,
      useFips: false,
      requests,
      retryOptions,
    });
  };
  return { seen, folder, into, download, told };
}

const whole: RequestListener = (_, response) => {
  response.writeHead(200, { etag: eTag, "content-length": content.length }).end(content);
};
const half: RequestListener = (_, response) => {
  response.writeHead(200, { etag: eTag, "content-length": content.length });
  breakOff(response, content.slice(0, 5));
};
const answer =
  (status: number, body = ""): RequestListener =>
  (_, response) => {
    response.writeHead(status).end(body);
  };
const ranges = (seen: readonly IncomingMessage[]) =>
  seen.map(({ headers }) => [headers.range, headers["if-match"]].filter((value) => value !== undefined).join(" "));

test("a download goes on where it stopped, through whatever may pass", async (t) => {
  const rest: RequestListener = (_, response) => {
    response.writeHead(206, { etag: eTag, "content-range": "bytes 5-9/10" }).end(content.slice(5));
  };
  const slow = answer(503, "<Error><Code>SlowDown</Code><Message>Please</Message></Error>");
  const { seen, folder, into, download, told } = await fixture(t, answer(500), half, slow, answer(429), rest);

  await download({ eTag: "e" });

  assert.equal(readFileSync(into, "utf8"), content);
  assert.deepEqual(ranges(seen), ["", "", `bytes=5- ${eTag}`, `bytes=5- ${eTag}`, `bytes=5- ${eTag}`]);
  assert.match(String(seen[2]?.headers.authorization), /SignedHeaders=host;if-match;range;/);
  assert.deepEqual(readdirSync(folder), ["bundle.tar"]);
  assert.match(told[2] ?? "", /^Downloading s3:\/\/b\/k: Attempt 2 failed: .*status 503, SlowDown: Please$/);
});

test("a server that knows no ranges sends everything again, and a piece that is not the next one is not taken", async (t) => {
  const ignoring = await fixture(t, half, whole);
  await ignoring.download();
  assert.equal(readFileSync(ignoring.into, "utf8"), content);

  const wrong: RequestListener = (_, response) => {
    response.writeHead(206, { etag: eTag, "content-range": "bytes 4-9/10" }).end(content.slice(4));
  };
  const other: RequestListener = (_, response) => {
    response.writeHead(206, { etag: '"f"', "content-range": "bytes 5-9/10" }).end("56789");
  };
  const tooMuch: RequestListener = (_, response) => {
    response.writeHead(206, { etag: eTag, "content-range": "bytes 5-9/10" }).end("56789x");
  };
  for (const listener of [wrong, other, tooMuch]) {
    const { seen, into, download } = await fixture(t, half, listener, whole);
    await download();
    assert.equal(readFileSync(into, "utf8"), content);
    assert.equal(ranges(seen)[2], "");
  }
});

test("an object that is replaced meanwhile is fetched afresh, and refused when it is not the one that was meant", async (t) => {
  const replaced: RequestListener = (request, response) => {
    if (request.headers["if-match"] === undefined)
      response.writeHead(200, { etag: '"f"', "content-length": 3 }).end("new");
    else response.writeHead(412).end();
  };
  const any = await fixture(t, half, replaced);
  await any.download();
  assert.equal(readFileSync(any.into, "utf8"), "new");

  const one = await fixture(t, half, replaced);
  await assert.rejects(one.download({ eTag: "e" }), {
    message: 'Expected deployment artifact bundle etag e but was actually "f"',
  });
  assert.deepEqual(readdirSync(one.folder), []);
});

test("other bytes under the same ETag are not taken where the control plane has signed which", async (t) => {
  const sha256 = createHash("sha256").update(content).digest("hex");
  const rest: RequestListener = (_, response) => {
    response.writeHead(206, { etag: eTag, "content-range": "bytes 5-9/10" }).end(content.slice(5));
  };
  for (const listeners of [[whole], [half, rest], [half, whole]]) {
    const right = await fixture(t, ...listeners);
    await right.download({ eTag: "e" }, sha256);
    assert.equal(readFileSync(right.into, "utf8"), content);
  }

  const evil: RequestListener = (_, response) => {
    response.writeHead(200, { etag: eTag, "content-length": content.length }).end("0123456789".replace("9", "8"));
  };
  const evilRest: RequestListener = (_, response) => {
    response.writeHead(206, { etag: eTag, "content-range": "bytes 5-9/10" }).end("56788");
  };
  for (const listeners of [[evil], [half, evilRest]]) {
    const changed = await fixture(t, ...listeners, whole);
    await assert.rejects(
      changed.download({ eTag: "e" }, sha256),
      /^Error: Cannot trust the bundle that has come: its SHA-256 is [0-9a-f]{64}, and the control plane has signed /,
    );
    assert.deepEqual(readdirSync(changed.folder), []);
    assert.equal(changed.seen.length, listeners.length);
  }
});

test("what is refused is asked for once", async (t) => {
  for (const status of [403, 404]) {
    const { seen, download } = await fixture(t, answer(status), whole);
    await assert.rejects(download(), new RegExp(`^Error: Cannot download s3://b/k: status ${status}$`));
    assert.equal(seen.length, 1);
  }
  const { seen, download } = await fixture(t, whole);
  await assert.rejects(download({ eTag: "other" }), /Expected deployment artifact bundle etag other/);
  assert.equal(seen.length, 1);
});

test("a server that always breaks off at the same place makes no progress, and is given up", async (t) => {
  const { folder, download, seen } = await fixture(t, half);

  await assert.rejects(download(), /given up after 1 s/);

  assert(seen.length > 3);
  assert.deepEqual(readdirSync(folder), []);
});
