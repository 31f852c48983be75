import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceModel } from "../service/model.ts";
import { createRouter, readBindings, writeBindings } from "./rest.ts";

const s3 = createRouter(serviceModel("s3"));
const lambda = createRouter(serviceModel("lambda"));

function route(router: typeof s3, line: string, headers: Readonly<Record<string, string>> = {}) {
  const [method = "", url = ""] = line.split(" ");
  const [path = "", query = ""] = url.split("?");
  const found = router({ method, path, query: new URLSearchParams(query), headers });
  return found === undefined ? undefined : [found.operation.name, ...Object.values(found.labels)].join(" ");
}

test("S3's requests are told apart by method, path, query and headers", () => {
  assert.equal(route(s3, "GET /"), "ListBuckets");
  assert.equal(route(s3, "PUT /b"), "CreateBucket b");
  assert.equal(route(s3, "PUT /b/"), "CreateBucket b");
  assert.equal(route(s3, "GET /b?list-type=2&prefix=x"), "ListObjectsV2 b");
  assert.equal(route(s3, "GET /b?prefix=x"), "ListObjects b");
  assert.equal(route(s3, "GET /b?versions"), "ListObjectVersions b");
  assert.equal(route(s3, "GET /b?versioning"), "GetBucketVersioning b");
  assert.equal(route(s3, "GET /b?uploads"), "ListMultipartUploads b");
  assert.equal(route(s3, "POST /b?delete"), "DeleteObjects b");
  assert.equal(route(s3, "PUT /b/k/with/slashes/"), "PutObject b k/with/slashes/");
  assert.equal(route(s3, "PUT /b/k", { "x-amz-copy-source": "/b/o" }), "CopyObject b k");
  assert.equal(route(s3, "PUT /b/k?partNumber=1&uploadId=u"), "UploadPart b k");
  assert.equal(route(s3, "POST /b/k?uploads"), "CreateMultipartUpload b k");
  assert.equal(route(s3, "POST /b/k?uploadId=u"), "CompleteMultipartUpload b k");
  assert.equal(route(s3, "DELETE /b/k?uploadId=u"), "AbortMultipartUpload b k");
  assert.equal(route(s3, "GET /b/k?uploadId=u"), "ListParts b k");
  assert.equal(route(s3, "GET /b//k%2F%C3%BC%20%2B"), "GetObject b /k/ü +");
  assert.equal(route(s3, "PATCH /b/k"), undefined);
});

test("Lambda's requests are told apart by their templates, the most specific first", () => {
  assert.equal(route(lambda, "POST /2015-03-31/functions"), "CreateFunction");
  assert.equal(route(lambda, "GET /2015-03-31/functions/f"), "GetFunction f");
  assert.equal(route(lambda, "POST /2015-03-31/functions/f/invocations"), "Invoke f");
  assert.equal(route(lambda, "GET /2015-03-31/functions/f/aliases/a"), "GetAlias f a");
  assert.equal(
    route(lambda, "GET /2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A1%3Afunction%3Af"),
    "GetFunction arn:aws:lambda:eu-west-1:1:function:f",
  );
  assert.equal(route(lambda, "GET /2015-03-31/nothing"), undefined);
});

test("a path that is no percent-encoded UTF-8 is an invalid URI", () => {
  assert.throws(() => route(s3, "GET /b/%zz"), { code: "InvalidURI" });
  assert.throws(() => route(s3, "GET /b/%c3%28"), { code: "InvalidURI" });
});

test("path, query and headers fill the input, and prefixes gather what begins with them", () => {
  const { input } = serviceModel("s3").operations.get("GetObject") ?? assert.fail("there is no such operation");
  assert(input.kind === "structure");
  const query = new URLSearchParams("versionId=v&partNumber=2&response-content-type=text/plain");
  const headers = { range: "bytes=0-1", "if-modified-since": "Tue, 24 Nov 2026 12:00:00 GMT" };

  assert.deepEqual(readBindings(input, { query, headers }, { Bucket: "b", Key: "k" }), {
    Bucket: "b",
    Key: "k",
    VersionId: "v",
    PartNumber: 2,
    ResponseContentType: "text/plain",
    Range: "bytes=0-1",
    IfModifiedSince: new Date("2026-11-24T12:00:00Z"),
  });
  const wrong = { query: new URLSearchParams("partNumber=two"), headers };
  assert.throws(() => readBindings(input, wrong, { Bucket: "b", Key: "k" }), { code: "SerializationException" });
});

test("metadata goes both ways under its prefix", () => {
  const { input } = serviceModel("s3").operations.get("PutObject") ?? assert.fail("there is no such operation");
  const { output } = serviceModel("s3").operations.get("GetObject") ?? assert.fail("there is no such operation");
  assert(input.kind === "structure");
  const headers = { "x-amz-meta-a": "1", "x-amz-meta-__proto__": "2", "content-type": "text/plain" };

  const read = readBindings(input, { query: new URLSearchParams(), headers }, { Bucket: "b", Key: "k" });
  const written = writeBindings(
    output,
    { Metadata: read["Metadata"], ContentLength: 3, LastModified: new Date(0) },
    200,
  );

  assert.equal(written.headers["x-amz-meta-a"], "1");
  assert.equal(written.headers["x-amz-meta-__proto__"], "2");
  assert.equal(written.headers["Content-Length"], "3");
  assert.equal(written.headers["Last-Modified"], "Thu, 01 Jan 1970 00:00:00 GMT");
  assert.equal(written.payload?.name, "Body");
});
