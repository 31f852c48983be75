import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { readAuthorization } from "./authorization.ts";
import { sha256Hex, signHeaders } from "./signature-v4.ts";
import { type VerifiedSignature, verifySignature } from "./verify-signature.ts";

const credentials = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const principal = { accountId: "123456789012", arn: "arn:aws:iam::123456789012:user/a", userId: "AIDA" };
const signedAt = new Date("2026-11-24T12:00:00Z");

interface Sent {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Circumstances {
  readonly now?: number | undefined;
  readonly protocol?: string | undefined;
  readonly key?: { readonly sessionToken?: string; readonly expiresAt?: number };
}

/** What a front door does with what came over the wire. */
async function verify(sent: Sent, { now = signedAt.getTime(), protocol = "json", key = {} }: Circumstances = {}) {
  const authorization = readAuthorization(sent.headers, sent.url.searchParams);
  assert(typeof authorization === "object", "the signature can be read");
  const { method, url, headers, body } = sent;
  return verifySignature(
    { method, path: url.pathname, query: url.searchParams, headers, bodyHash: () => Promise.resolve(sha256Hex(body)) },
    authorization,
    {
      keys: { find: (id) => (id === credentials.accessKeyId ? { ...credentials, principal, ...key } : undefined) },
      now,
      protocol,
    },
  );
}

function sign(
  sent: Sent,
  options: { readonly sessionToken?: string | undefined; readonly service?: string } = {},
): Sent {
  const { sessionToken, service = "codedeploy" } = options;
  const signer = { ...credentials, sessionToken };
  return {
    ...sent,
    headers: signHeaders({ ...sent, credentials: signer, region: "eu-west-1", service, now: signedAt }),
  };
}

const call: Sent = {
  method: "POST",
  url: new URL("http://127.0.0.1:4566/"),
  headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "CodeDeploy_20141006.ListApplications" },
  body: "{}",
};

test("what is signed holds, and no changed byte of it does", async () => {
  const word = fc.string({
    unit: fc.constantFrom(...Array.from("abcXYZ019-_~é ሴ+%&=/'()*!")),
    minLength: 1,
    maxLength: 12,
  });
  const requests = fc.record({
    method: fc.constantFrom("GET", "PUT", "POST", "DELETE"),
    path: fc.array(word, { maxLength: 4 }),
    query: fc.dictionary(word, word, { maxKeys: 4 }),
    header: fc.string({ unit: fc.constantFrom("a", "b", "c", "0", "1"), minLength: 1 }),
    body: fc.string(),
    service: fc.constantFrom("s3", "ec2", "lambda"),
    sessionToken: fc.option(fc.base64String({ minLength: 4 }), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(
      requests,
      fc.nat(),
      async ({ method, path, query, header, body, service, sessionToken }, place) => {
        const url = new URL(`http://127.0.0.1:4566/a${path.map((part) => `/${encodeURIComponent(part)}`).join("")}`);
        url.search = Object.entries(query)
          .map((pair) => pair.map(encodeURIComponent).join("="))
          .join("&");
        const options = { service, sessionToken };
        const sent = sign({ method, url, headers: { "X-Amz-Meta-A": header }, body }, options);
        const circumstances = { protocol: "query", key: sessionToken === undefined ? {} : { sessionToken } };

        const verified = await verify(sent, circumstances);

        assert.equal(verified.accessKey.principal, principal);
        for (const changed of changes(sent, place)) await assert.rejects(verify(changed, circumstances));
      },
    ),
    { numRuns: 150 },
  );
});

/** One change to each part of a request that its signature covers. */
function changes(sent: Sent, place: number): readonly Sent[] {
  const { method, url, headers, body } = sent;
  const otherPath = new URL(url);
  otherPath.pathname = flip(url.pathname, 1 + (place % (url.pathname.length - 1)));
  const moreQuery = new URL(url);
  moreQuery.searchParams.append("versionId", "1");
  const { authorization = "" } = headers;
  const start = authorization.length - 64 + (place % 64);
  return [
    { ...sent, method: method === "GET" ? "HEAD" : "GET" },
    { ...sent, url: otherPath },
    { ...sent, url: moreQuery },
    { ...sent, headers: { ...headers, "x-amz-meta-a": flip(headers["x-amz-meta-a"] ?? "", 0) } },
    { ...sent, headers: { ...headers, "x-amz-meta-b": "put in on the way" } },
    { ...sent, headers: { ...headers, "x-amz-date": "20261124T120001Z" } },
    { ...sent, headers: { ...headers, host: "127.0.0.2:4566" } },
    { ...sent, headers: { ...headers, authorization: authorization.replace("eu-west-1", "us-east-1") } },
    { ...sent, headers: { ...headers, authorization: flip(authorization, start) } },
    // S3's clients say the hash, and the body is held against it as it comes in.
    ...("x-amz-content-sha256" in headers
      ? [{ ...sent, headers: { ...headers, "x-amz-content-sha256": sha256Hex(`${body}.`) } }]
      : [{ ...sent, body: `${body}.` }]),
  ];
}

function flip(text: string, index: number): string {
  return `${text.slice(0, index)}${text[index] === "0" ? "1" : "0"}${text.slice(index + 1)}`;
}

test("AWS's published S3 link holds for its day and no longer", async () => {
  const url = new URL(
    "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
  );
  const link: Sent = { method: "GET", url, headers: { host: "examplebucket.s3.amazonaws.com" }, body: "" };
  const made = Date.parse("2013-05-24T00:00:00Z");
  const at = (now: number, more = {}) => verify({ ...link, ...more }, { now, protocol: "rest-xml" });

  assert.equal((await at(made)).payload, "UNSIGNED-PAYLOAD");
  await at(made + 86_399_000);

  await assert.rejects(at(made + 86_400_000), { code: "AccessDenied", message: "Request has expired", status: 403 });
  await assert.rejects(at(made - 16 * 60_000), { code: "AccessDenied", message: "Request is not yet valid" });
  await assert.rejects(at(made, { method: "PUT" }), { code: "SignatureDoesNotMatch" });
});

test("a link to put an object cannot be made to copy another by an unsigned header", async () => {
  const url = new URL(
    "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
  );
  const headers = { host: "examplebucket.s3.amazonaws.com", "x-amz-copy-source": "/other/secret" };

  const copying = verify(
    { method: "GET", url, headers, body: "" },
    { now: Date.parse("2013-05-24T00:00:00Z"), protocol: "rest-xml" },
  );

  await assert.rejects(copying, /not signed: x-amz-copy-source/);
});

test("AWS's published SigV2 link holds until its second", async () => {
  const url = new URL(
    "https://johnsmith.s3.amazonaws.com/johnsmith/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620",
  );
  const link: Sent = { method: "GET", url, headers: { host: "johnsmith.s3.amazonaws.com" }, body: "" };
  const end = 1_175_139_620_000;

  await verify(link, { now: end - 1, protocol: "rest-xml" });

  await assert.rejects(verify(link, { now: end, protocol: "rest-xml" }), { code: "AccessDenied" });
  await assert.rejects(verify({ ...link, method: "DELETE" }, { now: end - 1, protocol: "rest-xml" }), {
    code: "SignatureDoesNotMatch",
  });
});

test("a clock may be off by fifteen minutes either way", async () => {
  const sent = sign(call);
  const at = (minutes: number, protocol = "json") =>
    verify(sent, { now: signedAt.getTime() + minutes * 60_000, protocol });

  await at(15);
  await at(-15);

  await assert.rejects(at(15.1), {
    code: "InvalidSignatureException",
    message: "Signature expired: 20261124T120000Z is now earlier than 20261124T120006Z (20261124T121506Z - 15 min.)",
  });
  await assert.rejects(at(-15.1), { code: "InvalidSignatureException", message: /^Signature not yet current/ });
  await assert.rejects(at(16, "rest-xml"), { code: "RequestTimeTooSkewed", status: 403 });
  await assert.rejects(at(16, "ec2"), { code: "RequestExpired" });
});

test("a temporary key wants its token, and ends", async () => {
  const key = { sessionToken: "token", expiresAt: signedAt.getTime() + 1000 };
  const sent = sign(call, { sessionToken: "token" });

  assert.equal((await verify(sent, { key })).accessKey.accessKeyId, credentials.accessKeyId);

  await assert.rejects(verify(sign(call), { key }), { code: "UnrecognizedClientException" });
  await assert.rejects(verify(sign(call, { sessionToken: "other" }), { key }), { code: "UnrecognizedClientException" });
  await assert.rejects(verify(sent, {}), { code: "UnrecognizedClientException" });
  await assert.rejects(verify(sent, { key, now: signedAt.getTime() + 1000 }), { code: "ExpiredTokenException" });
});

test("an unknown key is told in each protocol's own words", async () => {
  const sent = sign(call);
  const unknown = {
    ...sent,
    headers: { ...sent.headers, authorization: String(sent.headers["authorization"]).replace("AKIA", "AKIB") },
  };
  const refusedAs = async (protocol: string): Promise<unknown> => {
    const error: unknown = await verify(unknown, { protocol }).then(
      (verified: VerifiedSignature) => verified,
      (refused: unknown) => refused,
    );
    return error instanceof Error && "code" in error ? error.code : error;
  };

  assert.equal(await refusedAs("json"), "UnrecognizedClientException");
  assert.equal(await refusedAs("rest-json"), "UnrecognizedClientException");
  assert.equal(await refusedAs("query"), "InvalidClientTokenId");
  assert.equal(await refusedAs("ec2"), "AuthFailure");
  assert.equal(await refusedAs("rest-xml"), "InvalidAccessKeyId");
});

test("what stands for a body must be a hash or one of AWS's forms", async () => {
  const put = { ...call, method: "PUT", headers: { "x-amz-content-sha256": "STREAMING-WHATEVER" } };
  const sent = sign(put);

  await assert.rejects(verify(sent, { protocol: "rest-xml" }), { message: /^x-amz-content-sha256 must be UNSIGNED/ });
});

test("an S3 request says what its body hashes to, for it may be too large to be read for that", async () => {
  const { "x-amz-content-sha256": _, ...headers } = sign(call, { service: "s3" }).headers;

  await assert.rejects(verify({ ...call, headers }, { protocol: "rest-xml" }), {
    code: "InvalidRequest",
    message: "Missing required header for this request: x-amz-content-sha256",
  });
});

test("no refusal holds the secret or what was expected", async () => {
  const sent = sign(call);
  const wrong = { ...sent, body: '{"nextToken":"x"}' };

  const error: unknown = await verify(wrong).catch((refused: unknown) => refused);

  assert(error instanceof Error);
  assert.doesNotMatch(`${error.message} ${JSON.stringify(error)}`, /wJalrXUtn|[0-9a-f]{64}/);
});
