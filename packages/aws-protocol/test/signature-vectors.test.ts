// AWS's own SigV4 test suite (fixtures/signature-v4/README.md), against what signs and what verifies.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { readAuthorization } from "../src/signature/authorization.ts";
import { canonicalRequest, sha256Hex, signHeaders, stringToSign } from "../src/signature/signature-v4.ts";
import { verifySignature } from "../src/signature/verify-signature.ts";

interface Vector {
  readonly context: {
    readonly credentials: {
      readonly access_key_id: string;
      readonly secret_access_key: string;
      readonly token?: string | undefined;
    };
    readonly normalize: boolean;
    readonly omit_session_token?: boolean | undefined;
    readonly region: string;
    readonly service: string;
    readonly timestamp: string;
  };
  readonly request: string;
  readonly "header-canonical-request": string;
  readonly "header-string-to-sign": string;
  readonly "header-signature": string;
  readonly "header-signed-request": string;
  readonly "query-signed-request": string;
}

const file = new URL("fixtures/signature-v4/vectors.json", import.meta.url);
const vectors = JSON.parse(readFileSync(file, "utf8")) as Readonly<Record<string, Vector>>; // AWS's files, one field each
/** Paths as they are sent are for S3 alone, which takes them unencoded too: the suite's unnormalized cases belong to no service. */
const normalized = Object.entries(vectors).filter(([, { context }]) => context.normalize);

describe("AWS's signature test suite", () => {
  for (const [name, vector] of normalized) {
    const { context } = vector;
    const time = context.timestamp.replaceAll(/[-:]/g, "");
    const scope = `${time.slice(0, 8)}/${context.region}/${context.service}/aws4_request`;

    test(`${name}: the canonical request and the text to sign are AWS's`, () => {
      const request = parseRequest(vector["header-signed-request"]);
      const signedHeaders = String(/SignedHeaders=([^,]+)/.exec(String(request.headers["authorization"]))?.[1]);

      const canonical = canonicalRequest({
        ...request,
        signedHeaders: signedHeaders.split(";"),
        payloadHash: sha256Hex(request.body),
        service: context.service,
      });

      assert.equal(canonical, vector["header-canonical-request"]);
      assert.equal(stringToSign(canonical, time, scope), vector["header-string-to-sign"]);
    });

    test(`${name}: a request signed in its header is who it says`, async () => {
      assert.equal(await verify(vector, parseRequest(vector["header-signed-request"])), "AKIDEXAMPLE");
    });

    test(`${name}: a signed link is who it says, with all that it carries signed`, async () => {
      const link = verify(vector, parseRequest(vector["query-signed-request"]));

      // This one case appends its token to a link that is already signed.
      if (context.omit_session_token === true) await assert.rejects(link, { code: "SignatureDoesNotMatch" });
      else assert.equal(await link, "AKIDEXAMPLE");
    });
  }

  for (const [name, vector] of normalized.filter(([, { request }]) => isSendable(request)))
    test(`${name}: we sign as AWS does`, () => {
      const { method, path, url, headers, body } = parseRequest(vector.request);
      const { credentials, omit_session_token, timestamp, region, service } = vector.context;
      const { token } = credentials;

      const sendable = { ...(headers as Record<string, string>) }; // isSendable: none is repeated
      if (body !== "") sendable["x-amz-content-sha256"] = sha256Hex(body);
      const signed = signHeaders({
        method,
        url: new URL(`https://example.amazonaws.com${path}${url.includes("?") ? url.slice(url.indexOf("?")) : ""}`),
        headers: sendable,
        body,
        credentials: {
          accessKeyId: credentials.access_key_id,
          secretAccessKey: credentials.secret_access_key,
          sessionToken: omit_session_token === true ? undefined : token,
        },
        region,
        service,
        now: new Date(timestamp),
      });

      assert.match(String(signed["authorization"]), new RegExp(`Signature=${vector["header-signature"]}$`));
    });

  test("both sides of the suite were run", () => {
    assert.equal(normalized.length, 31);
    assert(normalized.filter(([, { request }]) => isSendable(request)).length >= 20);
  });
});

/** Whether a URL of the platform carries the request's path as it is written: the suite writes some unencoded. */
function isSendable(text: string): boolean {
  const { path, headers } = parseRequest(text);
  return /^[\w./~-]+$/.test(path) && Object.values(headers).every((value) => typeof value === "string");
}

async function verify({ context }: Vector, request: ReturnType<typeof parseRequest>): Promise<string> {
  const authorization = readAuthorization(request.headers, request.query);
  assert(typeof authorization === "object", "the signature can be read");
  const { access_key_id, secret_access_key, token } = context.credentials;
  const key = {
    accessKeyId: access_key_id,
    secretAccessKey: secret_access_key,
    sessionToken: token,
    principal: { accountId: "123456789012", arn: "arn:aws:iam::123456789012:user/a", userId: "AIDA" },
  };
  const verified = await verifySignature(
    { ...request, bodyHash: () => Promise.resolve(sha256Hex(request.body)) },
    authorization,
    {
      keys: { find: (id) => (id === access_key_id ? key : undefined) },
      now: Date.parse(context.timestamp),
      protocol: "query",
    },
  );
  return verified.accessKey.accessKeyId;
}

/** A request as the suite writes it: folded lines belong to the one before, repeated headers come one by one. */
function parseRequest(text: string) {
  const [head = "", body = ""] = text.split(/\n\n(.*)/s, 2);
  const [requestLine = "", ...lines] = head.replaceAll(/\n\s+/g, " ").trimEnd().split("\n");
  const [, method = "", url = ""] = /^(\S+) (.*) HTTP\/1\.1$/.exec(requestLine) ?? [];
  const headers: Record<string, string | string[]> = {};
  for (const line of lines) {
    const [name = "", value = ""] = line.split(/:(.*)/, 2);
    const before = headers[name.toLowerCase()];
    headers[name.toLowerCase()] = before === undefined ? value : [before, value].flat();
  }
  const [path = "", query = ""] = url.split("?");
  return { method, url, path, query: new URLSearchParams(query), headers, body };
}
