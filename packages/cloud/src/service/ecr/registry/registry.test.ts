import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import { BatchDeleteImageCommand, DeleteRepositoryCommand } from "@aws-sdk/client-ecr";
import {
  imageType,
  indexType,
  newRepository,
  openRegistryGround,
  passwordFor,
  registryClient,
} from "../../../../test/registry-client.ts";
import { anonymous } from "@sluice/aws-protocol";
import { callOf } from "../../../../../../test/identity/touched/ask.ts";
import { eventually } from "../../../../../../test/support/eventually.ts";
import { registryFixture } from "../../../../test/registry-fixture.ts";
import { digestOf } from "../digest.ts";

const bytes = (count: number, seed = 1) =>
  Buffer.from(Array.from({ length: count }, (_, at) => (at * 31 * seed) % 251));

test("who shows no password, or a wrong one, is told how to log in, and gets nothing else", async (t) => {
  const { cloud, ecr, registry } = await openRegistryGround(t);
  await newRepository(ecr, "web");
  const good = await passwordFor(ecr);
  const wrong = [
    undefined,
    "Basic",
    "Basic QVdTOg==",
    `Basic ${Buffer.from("AWS:guess").toString("base64")}`,
    good.slice(0, -9),
    `Basic ${Buffer.from("you:x").toString("base64")}`,
    "Bearer x",
  ];

  for (const authorization of wrong) {
    const stranger = registryClient(cloud.url, authorization);
    for (const [method, path] of [
      ["GET", "/v2/"],
      ["POST", "/v2/web/blobs/uploads/"],
      ["GET", "/v2/none/tags/list"],
      ["PUT", "/v2/x"],
    ] as const) {
      const { status, headers, code } = await stranger.send(method, path);
      assert.deepEqual([status, code], [401, "UNAUTHORIZED"], `${method} ${path} with ${authorization}`);
      assert.match(headers.get("www-authenticate") ?? "", /^Basic realm=/);
    }
  }
  const { status, headers } = await registry.send("GET", "/v2/");
  assert.deepEqual([status, headers.get("docker-distribution-api-version")], [200, "registry/2.0"]);
});

test("a password is not asked for where the network between could read it", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-registry-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { services } = registryFixture(t, folder);
  const registry = services.find(({ name }) => name === "ecr-registry");
  const ask = (sourceIp: string | undefined, scheme: string) =>
    registry?.serve({
      ...{ method: "GET", path: "/v2/", query: new URLSearchParams(), headers: {} },
      body: { bytes: async () => Buffer.alloc(0), stream: () => Readable.from([]) },
      call: { ...callOf({ policies: [] }), principal: anonymous, sourceIp, endpoint: `${scheme}://sluice.example.com` },
    });

  const answers = [
    await ask("10.1.2.3", "http"),
    await ask("10.1.2.3", "https"),
    await ask("127.0.0.1", "http"),
    await ask("::1", "http"),
    await ask(undefined, "http"),
  ];

  assert.deepEqual(
    answers.map((answer) => [answer?.status, answer !== undefined && "www-authenticate" in answer.headers]),
    [
      [403, false],
      [401, true],
      [401, true],
      [401, true],
      [401, true],
    ],
  );
});

test("a blob comes in one request, in two, or in chunks, and is there byte for byte", async (t) => {
  const { ecr, registry } = await openRegistryGround(t);
  await newRepository(ecr, "team/web");
  const [one, two, chunked] = [bytes(10_000, 1), bytes(20_000, 2), bytes(30_001, 3)];

  await registry.blob("team/web", one);
  const whole = await registry.send("PUT", `${await registry.begin("team/web")}?digest=${digestOf(two)}`, {
    body: two,
  });
  const upload = await registry.begin("team/web");
  for (const start of [0, 10_000, 20_000]) {
    const part = chunked.subarray(start, Math.min(start + 10_000, chunked.length - 1));
    const headers = { "content-range": `${start}-${start + part.length - 1}` };
    const { status, headers: said } = await registry.send("PATCH", upload, { body: part, headers });
    assert.deepEqual([status, said.get("range"), said.get("location")], [202, `0-${start + part.length - 1}`, upload]);
  }
  const there = await registry.send("GET", upload);
  const last = await registry.send("PUT", `${upload}?digest=${digestOf(chunked)}`, { body: chunked.subarray(-1) });

  assert.deepEqual([there.status, there.headers.get("range")], [204, "0-29999"]);
  assert.deepEqual([whole.status, last.status], [201, 201]);
  for (const blob of [one, two, chunked]) {
    const { status, body, headers } = await registry.send("GET", `/v2/team/web/blobs/${digestOf(blob)}`);
    assert.deepEqual([status, headers.get("docker-content-digest"), body.equals(blob)], [200, digestOf(blob), true]);
  }
  const head = await registry.send("HEAD", `/v2/team/web/blobs/${digestOf(one)}`);
  assert.deepEqual([head.status, head.headers.get("content-length")], [200, "10000"]);
  const span = await registry.send("GET", `/v2/team/web/blobs/${digestOf(one)}`, {
    headers: { range: "bytes=100-199" },
  });
  assert.deepEqual(
    [span.status, span.headers.get("content-range"), span.body.equals(one.subarray(100, 200))],
    [206, "bytes 100-199/10000", true],
  );
});

test("a blob of nothing is a blob", async (t) => {
  const { ecr, registry } = await openRegistryGround(t);
  await newRepository(ecr, "web");

  const { digest } = await registry.blob("web", "");

  const { status, body, headers } = await registry.send("GET", `/v2/web/blobs/${digest}`);
  assert.deepEqual([status, body.length, headers.get("content-length")], [200, 0, "0"]);
});

test("what is not what it was said to be is refused, and leaves nothing", async (t) => {
  const { cloud, ecr, registry } = await openRegistryGround(t);
  await newRepository(ecr, "web");
  const upload = await registry.begin("web");

  const wrong = await registry.send("PUT", `${upload}?digest=${digestOf("other")}`, { body: "content" });
  const again = await registry.send("PUT", `${upload}?digest=${digestOf("content")}`, { body: "content" });
  const odd = await registry.send("POST", "/v2/web/blobs/uploads/?digest=md5:12", { body: "content" });
  const out = await registry.begin("web");
  const gap = await registry.send("PATCH", out, { body: "x", headers: { "content-range": "5-5" } });
  const cancelled = await registry.send("DELETE", out);
  const gone = await registry.send("PATCH", out, { body: "x" });

  assert.deepEqual(
    [wrong, again, odd, gap, cancelled, gone].map(({ status, code }) => [status, code]),
    [
      [400, "DIGEST_INVALID"],
      [404, "BLOB_UPLOAD_UNKNOWN"],
      [400, "DIGEST_INVALID"],
      [416, undefined],
      [204, undefined],
      [404, "BLOB_UPLOAD_UNKNOWN"],
    ],
  );
  assert.deepEqual(readdirSync(join(cloud.folder, "cloud/images/uploads")), []);
  assert.deepEqual(readdirSync(join(cloud.folder, "cloud/images/sha256")), []);
});

test("a client that goes away in the middle goes on where it was", async (t) => {
  const { cloud, ecr, registry } = await openRegistryGround(t);
  await newRepository(ecr, "web");
  const content = bytes(3_000_000);
  const upload = await registry.begin("web");
  const authorization = await passwordFor(ecr);

  await new Promise<void>((resolve) => {
    const headers = { authorization, "content-length": content.length };
    const sending = request(new URL(upload, cloud.url), { method: "PATCH", headers }).on("error", () => resolve());
    sending.write(content.subarray(0, 2_000_000), () => setTimeout(() => sending.destroy(new Error("gone")), 50));
  });
  const there = await eventually("what has come is on the disk", async () => {
    const { headers } = await registry.send("GET", upload);
    const end = Number(headers.get("range")?.split("-")[1]) + 1;
    // A chunk of nothing is taken as soon as nobody else works on the upload.
    const { status } = await registry.send("PATCH", upload, { headers: { "content-range": `${end}-${end}` } });
    return status === 202 ? end : undefined;
  });
  const rest = await registry.send("PATCH", upload, {
    body: content.subarray(there),
    headers: { "content-range": `${there}-2999999` },
  });
  const done = await registry.send("PUT", `${upload}?digest=${digestOf(content)}`);

  assert(there > 1 && there <= 2_000_000);
  assert.deepEqual([rest.status, done.status], [202, 201]);
});

test("a blob of another repository is mounted without being sent again, and one that is not there is asked for", async (t) => {
  const { cloud, ecr, registry } = await openRegistryGround(t);
  for (const name of ["one", "other"]) await newRepository(ecr, name);
  const { digest } = await registry.blob("one", "shared");

  const mounted = await registry.send("POST", `/v2/other/blobs/uploads/?mount=${digest}&from=one`);
  const missing = await registry.send("POST", `/v2/other/blobs/uploads/?mount=${digestOf("none")}&from=one`);
  const nowhere = await registry.send("POST", `/v2/other/blobs/uploads/?mount=${digest}&from=nowhere`);

  assert.deepEqual([mounted.status, missing.status, nowhere.status], [201, 202, 202]);
  assert.equal((await registry.send("GET", `/v2/other/blobs/${digest}`)).body.toString(), "shared");
  await ecr.send(new DeleteRepositoryCommand({ repositoryName: "one", force: true }));
  assert.equal((await registry.send("GET", `/v2/other/blobs/${digest}`)).status, 200);
  await ecr.send(new DeleteRepositoryCommand({ repositoryName: "other", force: true }));
  const group = join(cloud.folder, "cloud/images/sha256", digest.slice(7, 9));
  assert.deepEqual(existsSync(group) ? readdirSync(group) : [], []);
});

test("an image is pushed, pulled by tag and by digest, and needs its layers", async (t) => {
  const { ecr, registry } = await openRegistryGround(t);
  await newRepository(ecr, "web");

  const digest = await registry.image("web", "v1", ["layer one", "layer two"]);

  for (const reference of ["v1", digest]) {
    const { status, headers, body } = await registry.send("GET", `/v2/web/manifests/${reference}`);
    assert.deepEqual([status, headers.get("content-type"), digestOf(body)], [200, imageType, digest]);
    const head = await registry.send("HEAD", `/v2/web/manifests/${reference}`);
    assert.deepEqual([head.status, head.headers.get("content-length")], [200, String(body.length)]);
  }
  const lost = {
    mediaType: imageType,
    schemaVersion: 2,
    config: { mediaType: "x", digest: digestOf("lost"), size: 4 },
    layers: [],
  };
  const refusals = [
    ["v2", JSON.stringify(lost), imageType],
    ["v2", "{}", imageType],
    ["v2", "no JSON", imageType],
    ["v2", JSON.stringify({ ...lost, schemaVersion: 1 }), imageType],
    ["v2", JSON.stringify(lost), indexType],
    [digestOf("other"), JSON.stringify(lost), imageType],
    ["-v2", JSON.stringify(lost), imageType],
    ["v2", `{"schemaVersion":2,"pad":"${"x".repeat(5 * 2 ** 20)}"}`, imageType],
  ] as const;
  const codes: (string | undefined)[] = [];
  for (const [reference, body, type] of refusals)
    codes.push(
      (await registry.send("PUT", `/v2/web/manifests/${reference}`, { body, headers: { "content-type": type } })).code,
    );
  assert.deepEqual(codes, [
    "MANIFEST_BLOB_UNKNOWN",
    ...["MANIFEST_INVALID", "MANIFEST_INVALID", "MANIFEST_INVALID", "MANIFEST_INVALID"],
    ...["DIGEST_INVALID", "TAG_INVALID", "SIZE_INVALID"],
  ]);
  assert.equal((await registry.send("GET", "/v2/web/manifests/v2")).code, "MANIFEST_UNKNOWN");
  assert.equal((await registry.send("GET", "/v2/none/manifests/v1")).code, "NAME_UNKNOWN");
});

test("an index lists images that are there, and they stay as long as it does", async (t) => {
  const { ecr, registry } = await openRegistryGround(t);
  await newRepository(ecr, "web");
  const digest = await registry.image("web", "amd64", ["layer"]);
  const described = (of: string) => ({
    mediaType: imageType,
    digest: of,
    size: 1,
    platform: { os: "linux", architecture: "amd64" },
  });
  const index = (...digests: readonly string[]) => ({
    schemaVersion: 2,
    mediaType: indexType,
    manifests: digests.map(described),
  });

  const list = await registry.manifest("web", "all", index(digest));
  const unknown = await registry.send("PUT", "/v2/web/manifests/none", {
    body: JSON.stringify(index(digestOf("none"))),
    headers: { "content-type": indexType },
  });
  const kept = await registry.send("DELETE", `/v2/web/manifests/${digest}`);
  const untagged = await registry.send("DELETE", "/v2/web/manifests/amd64");
  const { failures } = await ecr.send(
    new BatchDeleteImageCommand({ repositoryName: "web", imageIds: [{ imageDigest: digest }] }),
  );

  assert.deepEqual([unknown.code, kept.code, untagged.status], ["MANIFEST_BLOB_UNKNOWN", "DENIED", 202]);
  assert.equal(failures?.[0]?.failureCode, "ImageReferencedByManifestList");
  assert.equal((await registry.send("DELETE", `/v2/web/manifests/${list}`)).status, 202);
  assert.equal((await registry.send("DELETE", `/v2/web/manifests/${digest}`)).status, 202);
});

test("tags are listed in order, a page at a time", async (t) => {
  const { ecr, registry } = await openRegistryGround(t);
  await newRepository(ecr, "web");
  const names = ["v10", "v1", "v2", "latest", "V3"];
  for (const tag of names) await registry.image("web", tag, ["layer"]);

  const pages: string[][] = [];
  for (let next: string | undefined = "/v2/web/tags/list?n=2"; next !== undefined;) {
    const { body, headers } = await registry.send("GET", next);
    pages.push((JSON.parse(body.toString()) as { tags: string[] }).tags);
    next = /^<(.+)>; rel="next"$/.exec(headers.get("link") ?? "")?.[1];
  }

  assert.deepEqual(pages, [["V3", "latest"], ["v1", "v10"], ["v2"]]);
  const all = await registry.send("GET", "/v2/web/tags/list");
  assert.deepEqual(JSON.parse(all.body.toString()), { name: "web", tags: names.toSorted() });
});

test("what other manifests say about an image is listed", async (t) => {
  const { ecr, registry } = await openRegistryGround(t);
  await newRepository(ecr, "web");
  const digest = await registry.image("web", "v1", ["layer"]);
  const subject = { mediaType: imageType, digest, size: 1 };

  const note = await registry.image("web", "", ["signature"], {
    subject,
    artifactType: "application/signature",
    annotations: { by: "ann" },
  });

  const list = async (query = "") =>
    JSON.parse((await registry.send("GET", `/v2/web/referrers/${digest}${query}`)).body.toString()) as {
      manifests: object[];
    };
  const size = (await registry.send("GET", `/v2/web/manifests/${note}`)).body.length;
  const found = {
    mediaType: imageType,
    digest: note,
    size,
    artifactType: "application/signature",
    annotations: { by: "ann" },
  };
  assert.deepEqual((await list()).manifests, [found]);
  assert.deepEqual((await list("?artifactType=application/other")).manifests, []);
});

test("what a deleted image leaves goes at once, but for what somebody was told is there", async (t) => {
  const { cloud, ecr, registry } = await openRegistryGround(t);
  await newRepository(ecr, "web");
  const folder = join(cloud.folder, "cloud/images/sha256");
  const blobs = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
  await registry.image("web", "v1", ["shared", "old"]);
  await registry.image("web", "v2", ["shared", "other"]);
  const remove = (imageTag: string) =>
    ecr.send(new BatchDeleteImageCommand({ repositoryName: "web", imageIds: [{ imageTag }] }));

  await remove("v1");
  assert.equal(blobs().length, 3, "the second image's layers and config stay");
  // Another push has been told that this layer is there, and will not send it.
  assert.equal((await registry.send("HEAD", `/v2/web/blobs/${digestOf("shared")}`)).status, 200);
  await remove("v2");

  assert.deepEqual(blobs(), [createHash("sha256").update("shared").digest("hex")]);
});

test("what is listed about an image comes a page at a time", async (t) => {
  const { ecr, registry } = await openRegistryGround(t);
  await newRepository(ecr, "web");
  const digest = await registry.image("web", "v1", ["layer"]);
  const subject = { mediaType: imageType, digest, size: 1 };
  // Five notes of two megabytes: no page reads more than eight.
  const notes: string[] = [];
  for (const by of ["a", "b", "c", "d", "e"])
    notes.push(await registry.image("web", "", [by], { subject, annotations: { by: by.repeat(2_500_000) } }));

  const pages: string[][] = [];
  for (let next: string | undefined = `/v2/web/referrers/${digest}`; next !== undefined;) {
    const { body, headers } = await registry.send("GET", next);
    pages.push((JSON.parse(body.toString()) as { manifests: { digest: string }[] }).manifests.map((one) => one.digest));
    next = /^<(.+)>; rel="next"$/.exec(headers.get("link") ?? "")?.[1];
  }

  assert.deepEqual(pages, [notes.toSorted().slice(0, 3), notes.toSorted().slice(3)]);
});

test("a manifest of very many parts is refused before it is read", async (t) => {
  const { ecr, registry } = await openRegistryGround(t);
  await newRepository(ecr, "web");
  const body = `{"schemaVersion":2,"layers":[${"0,".repeat(300_000)}0]}`;

  const { status, code } = await registry.send("PUT", "/v2/web/manifests/v1", {
    body,
    headers: { "content-type": imageType },
  });

  assert.deepEqual([status, code], [400, "MANIFEST_INVALID"]);
});
