import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { test, type TestContext } from "node:test";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  paginateListObjectsV2,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { openServerFixture } from "../support/server-fixture.ts";

const Bucket = "bucket";

async function openBucket(t: TestContext, options: { readonly requestChecksumCalculation?: "WHEN_REQUIRED" } = {}) {
  const sluice = await openServerFixture(t);
  const s3 = new S3Client({ ...sluice.as(), forcePathStyle: true, ...options });
  t.after(() => s3.destroy());
  await s3.send(new CreateBucketCommand({ Bucket }));
  const read = async (Key: string, more: object = {}) =>
    (await s3.send(new GetObjectCommand({ Bucket, Key, ...more }))).Body?.transformToString("latin1");
  const put = (Key: string, Body: string | Uint8Array = Key, more: object = {}) =>
    s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
  return { sluice, s3, read, put };
}

const md5 = (content: string | Uint8Array) => createHash("md5").update(content).digest("hex");

test("an object comes back with its bytes, its entity tag and what was said of it", async (t) => {
  const { s3, read, put } = await openBucket(t);
  const Key = "a folder/ü +&<>'\"%41\u{1F600}.txt";

  const stored = await put(Key, "content", {
    ContentType: "text/plain",
    Metadata: { note: "mine" },
    CacheControl: "no-cache",
  });
  const got = await s3.send(new GetObjectCommand({ Bucket, Key }));

  assert.equal(stored.ETag, `"${md5("content")}"`);
  assert.equal(await got.Body?.transformToString(), "content");
  assert.deepEqual(
    [got.ETag, got.ContentType, got.Metadata, got.CacheControl, got.ContentLength, got.ChecksumType],
    [stored.ETag, "text/plain", { note: "mine" }, "no-cache", 7, "FULL_OBJECT"],
  );
  assert.equal(got.ChecksumCRC32, stored.ChecksumCRC32);
  assert.equal(await read(Key, { ResponseContentType: "text/html" }), "content");
  await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  await assert.rejects(read(Key), { name: "NoSuchKey" });
  await assert.rejects(s3.send(new HeadObjectCommand({ Bucket, Key })), { name: "NotFound" });
});

test("each checksum is proved, in a header and in the trailer of a stream over plain http", async (t) => {
  const { s3, read, put } = await openBucket(t);
  const stream = (ChecksumAlgorithm: "CRC32" | "CRC32C" | "SHA1" | "SHA256") =>
    s3.send(
      new PutObjectCommand({
        Bucket,
        Key: `stream-${ChecksumAlgorithm}`,
        Body: Readable.from([Buffer.alloc(70_000, "s"), Buffer.from("end")]),
        ContentLength: 70_003,
        ChecksumAlgorithm,
      }),
    );

  for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "SHA1", "SHA256"] as const) {
    await put(`header-${ChecksumAlgorithm}`, "hello", { ChecksumAlgorithm });
    await stream(ChecksumAlgorithm);

    assert.equal(await read(`header-${ChecksumAlgorithm}`), "hello");
    assert.equal((await read(`stream-${ChecksumAlgorithm}`))?.length, 70_003);
  }

  await assert.rejects(put("wrong", "hello", { ChecksumSHA256: Buffer.alloc(32).toString("base64") }), {
    name: "BadDigest",
  });
  await assert.rejects(put("wrong", "hello", { ContentMD5: Buffer.alloc(16).toString("base64") }), {
    name: "BadDigest",
  });
  await assert.rejects(read("wrong"), { name: "NoSuchKey" });
});

test("ranges give parts, and say so", async (t) => {
  const { s3, read, put } = await openBucket(t);
  await put("k", "0123456789");

  const part = await s3.send(new GetObjectCommand({ Bucket, Key: "k", Range: "bytes=2-4" }));

  assert.equal(part.$metadata.httpStatusCode, 206);
  assert.deepEqual([part.ContentRange, part.ContentLength], ["bytes 2-4/10", 3]);
  assert.equal(await part.Body?.transformToString(), "234");
  assert.equal(await read("k", { Range: "bytes=7-" }), "789");
  assert.equal(await read("k", { Range: "bytes=-2" }), "89");
  assert.equal(await read("k", { Range: "bytes=8-100" }), "89");
  assert.equal(await read("k", { Range: "lines=1-2" }), "0123456789");
  await assert.rejects(read("k", { Range: "bytes=10-" }), { name: "InvalidRange" });
});

test("conditions hold for reads and for writes", async (t) => {
  const { read, put } = await openBucket(t);
  const { ETag } = await put("k", "one");
  const past = new Date(Date.now() - 3_600_000);
  const future = new Date(Date.now() + 3_600_000);

  assert.equal(await read("k", { IfMatch: ETag, IfUnmodifiedSince: past }), "one");
  assert.equal(await read("k", { IfNoneMatch: '"other"', IfModifiedSince: past }), "one");
  await assert.rejects(read("k", { IfMatch: '"other"' }), { name: "PreconditionFailed" });
  await assert.rejects(read("k", { IfUnmodifiedSince: past }), { name: "PreconditionFailed" });
  for (const unchanged of [{ IfNoneMatch: ETag }, { IfModifiedSince: future }])
    await assert.rejects(
      read("k", unchanged),
      (error: { $metadata?: { httpStatusCode?: number } }) => error.$metadata?.httpStatusCode === 304,
    );
  await assert.rejects(put("k", "two", { IfNoneMatch: "*" }), { name: "PreconditionFailed" });
  await assert.rejects(put("k", "two", { IfMatch: '"other"' }), { name: "PreconditionFailed" });
  await assert.rejects(put("absent", "two", { IfMatch: ETag }), { name: "NoSuchKey" });
  assert.equal(await read("k"), "one");
  await put("k", "two", { IfMatch: ETag });
  assert.equal(await read("k"), "two");
});

test("an upload's parts may come in any order and any number of times", async (t) => {
  const { s3, read, put } = await openBucket(t);
  const Key = "big";
  const parts = ["a", "b", "c"].map((letter, index) => Buffer.alloc(index === 2 ? 10 : 5 * 1024 * 1024, letter));
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ContentType: "text/plain" }));
  const upload = async (PartNumber: number, Body: Uint8Array = Buffer.alloc(0)) => ({
    PartNumber,
    ETag: (await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }))).ETag,
  });
  const complete = (Parts: readonly { PartNumber: number; ETag: string | undefined }[]) =>
    s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: [...Parts] } }));

  await upload(2, Buffer.from("an earlier try"));
  const third = await upload(3, parts[2]);
  const second = await upload(2, parts[1]);
  const first = await upload(1, parts[0]);
  const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  const listed = await s3.send(new ListPartsCommand({ Bucket, Key, UploadId }));

  assert.deepEqual(
    Uploads?.map((one) => one.UploadId),
    [UploadId],
  );
  assert.deepEqual(
    listed.Parts?.map(({ Size }) => Size),
    parts.map(({ length }) => length),
  );
  await assert.rejects(complete([second, first, third]), { name: "InvalidPartOrder" });
  await assert.rejects(complete([first, { PartNumber: 2, ETag: '"other"' }]), { name: "InvalidPart" });
  await assert.rejects(complete([]), { name: "MalformedXML" });
  const whole = await complete([first, second, third]);
  const sums = createHash("md5");
  for (const part of parts) sums.update(Buffer.from(md5(part), "hex"));
  assert.equal(whole.ETag, `"${sums.digest("hex")}-3"`);
  assert.equal(md5((await read(Key)) ?? ""), md5(Buffer.concat(parts)));
  await assert.rejects(upload(1, parts[0]), { name: "NoSuchUpload" });

  await put("small", "small");
  const copied = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "copied" }));
  const { CopyPartResult } = await s3.send(
    new UploadPartCopyCommand({
      Bucket,
      Key: "copied",
      UploadId: copied.UploadId,
      PartNumber: 1,
      CopySource: `${Bucket}/small`,
      CopySourceRange: "bytes=1-3",
    }),
  );
  await s3.send(
    new CompleteMultipartUploadCommand({
      Bucket,
      Key: "copied",
      UploadId: copied.UploadId,
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag: CopyPartResult?.ETag }] },
    }),
  );
  assert.equal(await read("copied"), "mal");
});

test("versions are kept, told, read, and removed one by one", async (t) => {
  const { s3, read, put } = await openBucket(t);
  await put("k", "before");
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));

  const one = await put("k", "one");
  const two = await put("k", "two");
  const { VersionId: marker, DeleteMarker } = await s3.send(new DeleteObjectCommand({ Bucket, Key: "k" }));
  const page = await s3.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 2 }));
  const rest = await s3.send(
    new ListObjectVersionsCommand({ Bucket, KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }),
  );

  assert.equal(DeleteMarker, true);
  assert.deepEqual(
    page.DeleteMarkers?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest]),
    [[marker, true]],
  );
  assert.equal(page.IsTruncated, true);
  assert.deepEqual(
    [...(page.Versions ?? []), ...(rest.Versions ?? [])].map(({ VersionId }) => VersionId),
    [two.VersionId, one.VersionId, "null"],
  );
  await assert.rejects(read("k"), { name: "NoSuchKey" });
  assert.equal(await read("k", { VersionId: one.VersionId }), "one");
  assert.equal(await read("k", { VersionId: "null" }), "before");
  await assert.rejects(read("k", { VersionId: "unheard-of" }), { name: "NoSuchVersion" });
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "k", VersionId: marker }));
  assert.equal(await read("k"), "two");
  await s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/k?versionId=${one.VersionId}` }));
  assert.equal(await read("copy"), "one");

  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Suspended" } }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "k" }));
  await assert.rejects(read("k"), { name: "NoSuchKey" });
  assert.equal(await read("k", { VersionId: two.VersionId }), "two");
});

test("a copy takes what was said of the object with it, or what is said anew", async (t) => {
  const { s3, put } = await openBucket(t);
  await put("a b/ü", "content", { ContentType: "text/plain", Metadata: { note: "old" } });
  const CopySource = `/${Bucket}/${encodeURIComponent("a b/ü")}`;
  const head = async (Key: string) => s3.send(new HeadObjectCommand({ Bucket, Key }));

  await s3.send(new CopyObjectCommand({ Bucket, Key: "same", CopySource }));
  await s3.send(
    new CopyObjectCommand({ Bucket, Key: "anew", CopySource, MetadataDirective: "REPLACE", Metadata: { note: "new" } }),
  );

  assert.deepEqual((await head("same")).Metadata, { note: "old" });
  assert.equal((await head("same")).ContentType, "text/plain");
  assert.deepEqual((await head("anew")).Metadata, { note: "new" });
  for (const wrong of ["bucket", "/", "%zz/k", ""])
    await assert.rejects(
      s3.send(new CopyObjectCommand({ Bucket, Key: "k", CopySource: wrong })),
      (error: { $metadata?: { httpStatusCode?: number } }) => error.$metadata?.httpStatusCode === 400,
      wrong,
    );
  await assert.rejects(s3.send(new CopyObjectCommand({ Bucket, Key: "k", CopySource: `${Bucket}/absent` })), {
    name: "NoSuchKey",
  });
});

test("listings fold by delimiter, page without loss, and carry keys that XML cannot", async (t) => {
  const { s3, put } = await openBucket(t);
  const keys = ["a/1", "a/2", "b", "b/c/1", "c&<d>", "d\u0001", "é", "\u{1F600}"];
  for (const key of keys) await put(key);

  const folded = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: "/" }));
  const under = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: "/", Prefix: "b/" }));
  const paged: unknown[] = [];
  for await (const page of paginateListObjectsV2({ client: s3, pageSize: 2 }, { Bucket, Delimiter: "/" }))
    paged.push(
      ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
      ...(page.Contents ?? []).map(({ Key }) => Key),
    );
  const encoded = await s3.send(new ListObjectsV2Command({ Bucket, EncodingType: "url", StartAfter: "c" }));
  const old = await s3.send(new ListObjectsCommand({ Bucket, MaxKeys: 3, Marker: "a/1" }));
  const none = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 0 }));

  assert.deepEqual(folded.CommonPrefixes, [{ Prefix: "a/" }, { Prefix: "b/" }]);
  assert.deepEqual(under.CommonPrefixes, [{ Prefix: "b/c/" }]);
  assert.equal(paged.length, 7);
  assert.equal(new Set(paged).size, 7);
  assert.deepEqual(
    encoded.Contents?.map(({ Key }) => decodeURIComponent(Key ?? "")),
    keys.slice(4),
  );
  assert.deepEqual(
    old.Contents?.map(({ Key }) => Key),
    ["a/2", "b", "b/c/1"],
  );
  assert.equal(old.IsTruncated, true);
  assert.deepEqual([none.IsTruncated, none.KeyCount], [false, 0]);
  await assert.rejects(s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: -1 })), { name: "InvalidArgument" });
  await assert.rejects(s3.send(new DeleteBucketCommand({ Bucket })), { name: "BucketNotEmpty" });
  const gone = await s3.send(
    new DeleteObjectsCommand({ Bucket, Delete: { Objects: [...keys, "absent"].map((Key) => ({ Key })) } }),
  );
  assert.equal(gone.Deleted?.length, 9);
  await s3.send(new DeleteBucketCommand({ Bucket }));
  await assert.rejects(s3.send(new ListObjectsV2Command({ Bucket })), { name: "NoSuchBucket" });
});

test("a key that is no path stays one", async (t) => {
  const { read, put, s3 } = await openBucket(t);
  const keys = ["../../../etc/passwd", "/leading", "a//b", "./a", "trailing/", "null\u0000byte"];

  for (const key of keys) await put(key, `of ${key}`);

  for (const key of keys) assert.equal(Buffer.from((await read(key)) ?? "", "latin1").toString(), `of ${key}`);
  assert.equal((await s3.send(new ListObjectsV2Command({ Bucket, EncodingType: "url" }))).KeyCount, keys.length);
  await assert.rejects(put("k".repeat(1025)), { name: "KeyTooLongError" });
});

test("the control plane is told the SHA-256 of an object as it is, or of one version of it", async (t) => {
  const { sluice, s3, put } = await openBucket(t);
  const sha256 = (content: string) => createHash("sha256").update(content).digest("hex");
  const of = (key: string, version?: string) => sluice.objectSha256({ bucket: Bucket, key, version });

  await put("k", "first");
  assert.equal(await of("k"), sha256("first"));
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
  const { VersionId } = await put("k", "second");
  await put("k", "third");

  assert.equal(await of("k"), sha256("third"));
  assert.equal(await of("k", VersionId), sha256("second"));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "k" }));
  assert.deepEqual([await of("k"), await of("none"), await of("k", "none")], [undefined, undefined, undefined]);
  assert.equal(await sluice.objectSha256({ bucket: "another", key: "k" }), undefined);
});
