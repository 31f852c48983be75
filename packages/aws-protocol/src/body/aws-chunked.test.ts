import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import * as fc from "fast-check";
import { AwsChunked } from "./aws-chunked.ts";
import { createChecksum } from "./checksum.ts";
import { sha256Hex, signingKey, signText } from "../signature/signature-v4.ts";
import type { VerifiedSignature } from "../signature/verify-signature.ts";

// The key, the day and the seeds of the two examples that AWS's S3 reference prints.
const secretAccessKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const scope = "20130524/us-east-1/s3/aws4_request";
const time = "20130524T000000Z";

function signatureOf(payload: string, seed: string): VerifiedSignature {
  const accessKeyId = "AKIAIOSFODNN7EXAMPLE";
  return {
    payload,
    signingKey: signingKey(secretAccessKey, scope),
    accessKey: { accessKeyId, secretAccessKey, principal: { accountId: "1", arn: "a", userId: "u" } },
    authorization: {
      form: "header",
      accessKeyId,
      scope,
      region: "us-east-1",
      service: "s3",
      signedHeaders: [],
      signature: seed,
      time,
    },
  };
}

interface Framed {
  readonly payload: string;
  readonly seed?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What comes out of a body that comes in pieces of some size. */
async function decode(
  wire: string | Buffer,
  { payload, seed = "", headers = {} }: Framed,
  pieceBytes = 1000,
): Promise<string> {
  const bytes = Buffer.from(wire);
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, index) =>
    bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes),
  );
  const plain = Readable.from(pieces, { objectMode: false }).pipe(new AwsChunked(signatureOf(payload, seed), headers));
  const read: Buffer[] = [];
  for await (const part of plain) read.push(part as Buffer); // a stream of bytes
  return Buffer.concat(read).toString("latin1");
}

const content = "a".repeat(65_536 + 1024);
const signed: Framed = {
  payload: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
  seed: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
  headers: { "x-amz-decoded-content-length": "66560" },
};
const signedBody = `10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n${"a".repeat(65_536)}\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n${"a".repeat(1024)}\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n`;
const trailing: Framed = {
  payload: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
  seed: "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
  headers: { "x-amz-decoded-content-length": "66560", "x-amz-trailer": "x-amz-checksum-crc32c" },
};
const trailingBody = `10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n${"a".repeat(65_536)}\r\n400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n${"a".repeat(1024)}\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\nx-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n`;

test("AWS's published example of signed chunks is read, however it is cut", async () => {
  assert.equal(await decode(signedBody, signed), content);
  assert.equal(await decode(signedBody, signed, 1), content);
  assert.equal(await decode(signedBody, signed, 1_000_000), content);
});

test("AWS's published example of a signed trailer is read, with or without its last line ends", async () => {
  assert.equal(await decode(trailingBody, trailing), content);
  assert.equal(await decode(trailingBody.slice(0, -2), trailing), content);
  assert.equal(await decode(trailingBody.slice(0, -4), trailing), content);
});

test("no changed byte of a signed body passes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(trailingBody.length - 5), fc.integer({ min: 1, max: 255 }), async (place, change) => {
      const changed = Buffer.from(trailingBody);
      changed[place] = (changed[place] ?? 0) ^ change;
      // Hexadecimal sizes and names of trailers may be written in either case; that is no change.
      fc.pre(changed.toString("latin1").toLowerCase() !== trailingBody.toLowerCase());

      await assert.rejects(decode(changed, trailing), { name: "Fault" });
    }),
    { numRuns: 150 },
  );
  const cut = trailingBody.replace(/x-amz-trailer-signature.*\r\n\r\n$/, "\r\n");
  await assert.rejects(decode(cut, trailing), { code: "MalformedTrailerError" });
});

test("the chain of signatures refuses a chunk that is left out", async () => {
  const [first = "", second = "", last = ""] = signedBody.split(/(?<=a\r\n)/);
  assert.equal(first + second + last, signedBody);

  await assert.rejects(decode(first + last, signed), { code: "SignatureDoesNotMatch" });
});

const unsigned = (name: string): Framed => ({
  payload: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  headers: { "x-amz-trailer": `x-amz-checksum-${name}` },
});

test("each checksum in a trailer is held against the bytes", async () => {
  for (const name of ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"]) {
    const checksum = createChecksum(name);
    assert(checksum);
    checksum.update(Buffer.from("hello"));
    const wire = (value: string) => `5\r\nhello\r\n0\r\nx-amz-checksum-${name}:${value}\r\n\r\n`;

    assert.equal(await decode(wire(checksum.base64()), unsigned(name), 3), "hello");
    assert.equal(
      await decode(
        `${wire(checksum.base64()).trimEnd()}\r\n${wire(checksum.base64()).split("0\r\n")[1]}`,
        unsigned(name),
      ),
      "hello",
    );

    await assert.rejects(decode(wire(checksum.base64()).replace("hello", "hellO"), unsigned(name)), {
      code: "BadDigest",
    });
    await assert.rejects(decode("5\r\nhello\r\n0\r\n\r\n", unsigned(name)), { code: "MalformedTrailerError" });
  }
});

test("a body that ends early, or has another length than it said, is incomplete", async () => {
  const length = { "x-amz-decoded-content-length": "5" };
  const plain = { ...unsigned("crc32"), headers: length };

  assert.equal(await decode("5\r\nhello\r\n0\r\n\r\n", plain), "hello");

  await assert.rejects(decode("5\r\nhel", plain), { code: "IncompleteBody" });
  await assert.rejects(decode("5\r\nhello\r\n", plain), { code: "IncompleteBody" });
  await assert.rejects(decode("4\r\nhell\r\n0\r\n\r\n", plain), { code: "IncompleteBody" });
  await assert.rejects(decode("", plain), { code: "IncompleteBody" });
});

test("framing that is no framing is refused before it takes memory", async () => {
  const plain = { ...unsigned("crc32"), headers: {} };

  await assert.rejects(decode("hello world\r\n", plain), { code: "InvalidChunkSizeError" });
  await assert.rejects(decode("-5\r\nhello\r\n", plain), { code: "InvalidChunkSizeError" });
  await assert.rejects(decode("ffffffff\r\n", plain), { code: "InvalidChunkSizeError" });
  await assert.rejects(decode("5\r\nhello!\r\n0\r\n\r\n", plain), { code: "InvalidChunkSizeError" });
  await assert.rejects(decode("1".repeat(100_000), plain), { code: "InvalidChunkSizeError" });
  await assert.rejects(decode(`0\r\n${"a:b\r\n".repeat(10_000)}\r\n`, unsigned("crc32")), {
    code: "InvalidChunkSizeError",
  });
});

test("an empty signed body is its last chunk alone", async () => {
  const seed = "0".repeat(64);
  const empty = sha256Hex("");
  const text = ["AWS4-HMAC-SHA256-PAYLOAD", time, scope, seed, empty, empty].join("\n");
  const last = signText(signingKey(secretAccessKey, scope), text);

  assert.equal(await decode(`0;chunk-signature=${last}\r\n\r\n`, { payload: signed.payload, seed }), "");
});
