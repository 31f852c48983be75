import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { DescribeImagesCommand, ListImagesCommand } from "@aws-sdk/client-ecr";
import { tar } from "../../archive/test/tar-archives.ts";
import { whyMissing } from "../../../test/support/why-missing.ts";
import { writeLayout } from "./image-layouts.ts";
import { newRepository, openRegistryGround } from "./registry-client.ts";

const run = promisify(execFile);
const noSkopeo = await whyMissing("skopeo");

// Debian's skopeo is a client that nobody here has written: it pushes and pulls as docker and podman do.

/** A registry, an image in OCI's layout, and skopeo logged in. */
async function openGround(t: TestContext) {
  const ground = await openRegistryGround(t);
  const folder = mkdtempSync(join(tmpdir(), "sluice-skopeo-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const layout = join(folder, "layout");
  mkdirSync(layout);
  const base = {
    tar: tar([{ name: "base", content: Buffer.alloc(300_000, "base") }]),
    compress: (bytes: Buffer) => gzipSync(bytes),
  };
  const version = (number: string) => ({
    layers: [base, { tar: tar([{ name: "version", content: number }]) }],
    config: { Cmd: ["/run"] },
  });
  const digests = writeLayout(layout, [
    { ...version("1"), name: "v1" },
    { ...version("2"), name: "v2", architecture: "arm64" },
  ]);
  const { host } = new URL(ground.cloud.url);
  const password = await ground.cloud.aws("ecr", "get-login-password");
  const registries = join(folder, "auth.json");
  const env = { PATH: process.env["PATH"], HOME: folder, REGISTRY_AUTH_FILE: registries };
  const skopeo = async (...words: readonly string[]) =>
    (await run("skopeo", ["--insecure-policy", ...words], { env })).stdout;
  await skopeo("login", "--tls-verify=false", "--username", "AWS", "--password", password, host);
  const copy = (from: string, to: string, ...more: readonly string[]) =>
    skopeo("copy", "--quiet", "--src-tls-verify=false", "--dest-tls-verify=false", ...more, from, to);
  return { ...ground, folder, layout, digests, host, skopeo, copy };
}

test("skopeo pushes an image, and pulls it again bit for bit", { skip: noSkopeo }, async (t) => {
  const { ecr, folder, layout, digests, host, skopeo, copy } = await openGround(t);
  await newRepository(ecr, "team/web");

  await copy(`oci:${layout}:v1`, `docker://${host}/team/web:1`, "--preserve-digests");
  await copy(`docker://${host}/team/web:1`, `oci:${folder}/pulled:v1`, "--preserve-digests");
  const inspected = JSON.parse(await skopeo("inspect", "--tls-verify=false", `docker://${host}/team/web:1`)) as {
    Digest: string;
    RepoTags: string[];
  };

  assert.deepEqual([inspected.Digest, inspected.RepoTags], [digests[0], ["1"]]);
  const blobs = join(folder, "pulled/blobs/sha256");
  for (const name of readdirSync(blobs))
    assert(readFileSync(join(blobs, name)).equals(readFileSync(join(layout, "blobs/sha256", name))));
  assert.equal(readdirSync(blobs).length, 4);
});

test(
  "skopeo compresses while it pushes, takes Docker's form, and copies between repositories",
  { skip: noSkopeo },
  async (t) => {
    const { ecr, folder, layout, host, copy } = await openGround(t);
    for (const name of ["one", "other"]) await newRepository(ecr, name);

    await copy(`oci:${layout}:v1`, `docker://${host}/one:gzip`, "--dest-compress", "--dest-compress-format=gzip");
    await copy(`oci:${layout}:v1`, `docker://${host}/one:zstd`, "--dest-compress", "--dest-compress-format=zstd");
    await copy(`oci:${layout}:v1`, `docker-archive:${folder}/saved.tar:web:1`);
    await copy(`docker-archive:${folder}/saved.tar`, `docker://${host}/one:docker`, "--format=v2s2");
    await copy(`docker://${host}/one:docker`, `docker://${host}/other:copied`);

    const { imageIds = [] } = await ecr.send(new ListImagesCommand({ repositoryName: "one" }));
    assert.deepEqual(new Set(imageIds.map(({ imageTag }) => imageTag)), new Set(["docker", "gzip", "zstd"]));
    const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName: "other" }));
    assert.deepEqual(
      imageDetails?.map(({ imageTags, imageManifestMediaType }) => [imageTags, imageManifestMediaType]),
      [[["copied"], "application/vnd.docker.distribution.manifest.v2+json"]],
    );
  },
);

test(
  "skopeo pushes images for several processors behind one name, lists tags and deletes",
  { skip: noSkopeo },
  async (t) => {
    const { ecr, folder, digests, host, skopeo, copy } = await openGround(t);
    await newRepository(ecr, "web");
    const several = join(folder, "several");
    mkdirSync(several);
    const layer = { tar: tar([{ name: "file", content: "x" }]) };
    writeLayout(
      several,
      [
        { layers: [layer], name: "all" },
        { layers: [layer], architecture: "riscv64" },
      ],
      { asIndex: true },
    );

    await copy(`oci:${several}:all`, `docker://${host}/web:all`, "--all");
    const tags = JSON.parse(await skopeo("list-tags", "--tls-verify=false", `docker://${host}/web`)) as {
      Tags: string[];
    };
    const raw = JSON.parse(await skopeo("inspect", "--raw", "--tls-verify=false", `docker://${host}/web:all`)) as {
      manifests: object[];
    };
    await skopeo("delete", "--tls-verify=false", `docker://${host}/web:all`);

    assert.deepEqual([tags.Tags, raw.manifests.length, digests.length], [["all"], 2, 2]);
    const { imageIds = [] } = await ecr.send(
      new ListImagesCommand({ repositoryName: "web", filter: { tagStatus: "TAGGED" } }),
    );
    assert.deepEqual(imageIds, []);
  },
);

test("skopeo is told clearly what is wrong", { skip: noSkopeo }, async (t) => {
  const { layout, host, copy, skopeo } = await openGround(t);
  const failure = (work: Promise<unknown>) =>
    work.then(
      () => "it worked",
      ({ message }: Error) => message,
    );

  const unknown = await failure(copy(`oci:${layout}:v1`, `docker://${host}/none:1`));
  const missing = await failure(skopeo("inspect", "--tls-verify=false", `docker://${host}/none:1`));
  const stranger = await failure(copy(`oci:${layout}:v1`, `docker://${host}/web:1`, "--dest-creds=AWS:guess"));

  assert.match(unknown, /The repository with name 'none' does not exist in the registry with id '123456789012'/);
  assert.match(missing, /The repository with name 'none' does not exist/);
  assert.match(stranger, /Log in with the user name AWS|unauthorized/i);
});
