import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import { whyMissing } from "../../../../test/support/why-missing.ts";
import { tar } from "../../../archive/test/tar-archives.ts";
import { ownArchitecture, type TestImage, writeLayout } from "../../test/image-layouts.ts";
import { registryFixture } from "../../test/registry-fixture.ts";
import { openImages, type UnpackedImage } from "./open-images.ts";
import { Records } from "../store/records.ts";

/** Images of a house with an empty registry, and a folder to put files in. */
function openGround(t: TestContext, clock = () => 0) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-images-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { db, ecr, ...registry } = registryFixture(t, folder);
  const images = openImages({
    ...{ ecr, clock, region: "eu-west-1", accountId: "123456789012", port: () => 4566 },
    unpacked: new Records<UnpackedImage>(db, "unpacked image"),
    folder: join(folder, "unpacked"),
    unpackAs: async () => ({ words: [], owners: "none" }),
  });
  t.after(() => images.close());
  const layout = (name: string, all: readonly TestImage[], options = {}) => {
    const place = join(folder, name);
    mkdirSync(place);
    writeLayout(place, all, options);
    return place;
  };
  const push = (name: string, tag: string, image: TestImage) => registry.push(name, tag, image);
  return { folder, images, layout, push };
}

const layer = (content: string) => ({ tar: tar([{ name: "version", content }]) });

const message = (work: Promise<unknown>) =>
  work.then(
    () => "it was found",
    (error: Error & { code?: string }) => `${error.code}: ${error.message}`,
  );

const config = {
  Entrypoint: ["/bin/app"],
  Cmd: ["--port", "80"],
  Env: ["PATH=/bin", "EMPTY=", "WITH=a=b"],
  WorkingDir: "/srv",
  User: "app:app",
  ExposedPorts: { "8080/tcp": {}, "53/udp": {}, "80": {} },
  StopSignal: "SIGQUIT",
};

test("an image of the registry is found by every name that leads here", async (t) => {
  const { images, push } = openGround(t);
  const digest = await push("team/web", "v1", { layers: [layer("1")], config });

  const names = [
    "localhost:4566/team/web:v1",
    "127.0.0.1:4566/team/web:v1",
    `[::1]:4566/team/web@${digest}`,
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/web:v1",
  ];
  for (const name of names) {
    const found = await images.resolve(name);
    assert.equal(found.digest, digest);
    assert.equal(readFileSync(join(found.layers[0] ?? "", "version"), "utf8"), "1");
    assert.deepEqual(found.config, {
      entrypoint: ["/bin/app"],
      cmd: ["--port", "80"],
      env: { PATH: "/bin", EMPTY: "", WITH: "a=b" },
      workingDirectory: "/srv",
      user: "app:app",
      exposedPorts: [53, 80, 8080],
      stopSignal: "SIGQUIT",
    });
  }
});

test("an image that is not there is said to be missing, in AWS's words", async (t) => {
  const { images, push } = openGround(t);
  await push("web", "v1", { layers: [layer("1")] });

  const code = "CannotPullContainerError: CannotPullContainerError:";
  assert.equal(
    await message(images.resolve("localhost:4566/web:v9")),
    `${code} failed to resolve ref localhost:4566/web:v9: localhost:4566/web:v9: not found`,
  );
  assert.equal(
    await message(images.resolve("localhost:4566/none")),
    `${code} failed to resolve ref localhost:4566/none:latest: localhost:4566/none:latest: not found`,
  );
  for (const name of [
    "nginx",
    "localhost:4567/web:v1",
    "registry.example.com:4566/web:v1",
    "210987654321.dkr.ecr.eu-west-1.amazonaws.com/web:v1",
  ])
    assert.match(
      await message(images.resolve(name)),
      /images of other registries are not pulled here.*skopeo copy docker:/,
      name,
    );
  assert.match(await message(images.resolve("file:relative")), /invalid reference format/);
});

test("an image for another processor is refused by its name, and an index gives the one for this", async (t) => {
  const { images, layout } = openGround(t);
  const foreign = layout("foreign", [{ layers: [layer("f")], architecture: "sparc64" }]);
  const several = layout("several", [{ layers: [layer("f")], architecture: "sparc64" }, { layers: [layer("own")] }], {
    asIndex: true,
  });
  const neither = layout(
    "neither",
    [
      { layers: [layer("f")], architecture: "sparc64" },
      { layers: [layer("g")], architecture: "vax" },
    ],
    { asIndex: true },
  );

  const words = `image Manifest does not contain descriptor matching platform 'linux/${ownArchitecture}'`;
  assert.match(await message(images.resolve(`file:${foreign}`)), new RegExp(`${words}: it is for linux/sparc64`));
  assert.match(
    await message(images.resolve(`file:${neither}`)),
    new RegExp(`${words}: it is for linux/sparc64, linux/vax`),
  );
  const { layers } = await images.resolve(`file:${several}`);
  assert.equal(readFileSync(join(layers[0] ?? "", "version"), "utf8"), "own");
});

test("a layout's image is chosen by its name, and must be told where there are several", async (t) => {
  const { images, layout } = openGround(t);
  const place = layout("layout", [
    { layers: [layer("1")], name: "v1" },
    { layers: [layer("2")], name: "v2" },
  ]);

  const { layers } = await images.resolve(`file:${place}#v2`);

  assert.equal(readFileSync(join(layers[0] ?? "", "version"), "utf8"), "2");
  assert.match(await message(images.resolve(`file:${place}`)), /it holds 2 images \(v1, v2\): name one with #NAME/);
  assert.match(await message(images.resolve(`file:${place}#v3`)), /it holds no image 'v3' \(but v1, v2\)/);
  assert.match(await message(images.resolve(`file:${place}/none`)), /not found/);
});

const noTar = await whyMissing("tar");

test("a layout as a tar archive is an image, and so is what docker save writes", { skip: noTar }, async (t) => {
  const { folder, images, layout } = openGround(t);
  const place = layout("layout", [{ layers: [{ ...layer("packed"), compress: gzipSync }], config: { Cmd: ["/run"] } }]);
  execFileSync("tar", ["-cf", join(folder, "layout.tar"), "-C", place, "."]);
  const bytes = layer("saved").tar;
  const { digestOf } = await import("../service/ecr/digest.ts");
  const saved = {
    "manifest.json": JSON.stringify([{ Config: "c.json", RepoTags: ["web:1"], Layers: ["one/layer.tar"] }]),
    "c.json": JSON.stringify({
      os: "linux",
      architecture: ownArchitecture,
      config: { Cmd: ["/saved"] },
      rootfs: { diff_ids: [digestOf(bytes)] },
    }),
    "one/layer.tar": bytes,
  };
  writeFileSync(join(folder, "saved.tar"), tar(Object.entries(saved).map(([name, content]) => ({ name, content }))));

  const found = [
    await images.resolve(`file:${folder}/layout.tar`),
    await images.resolve(`file:${folder}/saved.tar#web:1`),
  ];

  assert.deepEqual(
    found.map(({ layers, config: said }) => [readFileSync(join(layers[0] ?? "", "version"), "utf8"), said.cmd]),
    [
      ["packed", ["/run"]],
      ["saved", ["/saved"]],
    ],
  );
  assert.deepEqual(readdirSync(join(folder, "unpacked/archives")), []);
  writeFileSync(join(folder, "other.tar"), tar([{ name: "file", content: "x" }]));
  assert.match(
    await message(images.resolve(`file:${folder}/other.tar`)),
    /it holds neither an image in OCI's layout nor what docker save writes/,
  );
});

test("a folder is an image as it is, and another one as soon as something in it has changed", async (t) => {
  const { folder, images } = openGround(t);
  const root = join(folder, "root");
  mkdirSync(join(root, "www"), { recursive: true });
  writeFileSync(join(root, "www/index.html"), "first", { mode: 0o644 });
  symlinkSync("www/index.html", join(root, "page"));

  const first = await images.resolve(`file:${root}`);
  const again = await images.resolve(`file:${root}`);
  writeFileSync(join(root, "www/index.html"), "second");
  const second = await images.resolve(`file:${root}`);

  assert.deepEqual(again, first);
  assert.notEqual(second.digest, first.digest);
  assert.deepEqual(
    [first, second].map(({ layers }) => readFileSync(join(layers[0] ?? "", "page"), "utf8")),
    ["first", "second"],
  );
  assert.deepEqual(first.config, { exposedPorts: [] });
});

test("an image that nobody uses or asks for goes after a week", async (t) => {
  let now = 0;
  const { folder, images, push } = openGround(t, () => now);
  const [used, unused, asked] = [
    await push("web", "1", { layers: [layer("1")] }),
    await push("web", "2", { layers: [layer("2")] }),
    await push("web", "3", { layers: [layer("3")] }),
  ];
  for (const tag of ["1", "2", "3"]) await images.resolve(`localhost:4566/web:${tag}`);
  const unpacked = () => readdirSync(join(folder, "unpacked/layers")).length;

  now += 8 * 24 * 3_600_000;
  await images.resolve("localhost:4566/web:3");
  assert(unused !== used && unused !== asked);
  await images.sweep((digest) => digest === used);

  assert.equal(unpacked(), 2);
  await images.resolve("localhost:4566/web:2");
  assert.equal(unpacked(), 3);
});

test("an image that says of its layers that they are another one's is refused, though those are unpacked", async (t) => {
  const { images, push } = openGround(t);
  const hidden = layer("hidden");
  await push("closed", "v1", { layers: [hidden] });
  await push("own", "v1", { layers: [{ ...hidden, compress: () => layer("nothing").tar }] });
  await push("own", "v2", { layers: [{ ...hidden, compress: gzipSync }] });

  const { layers } = await images.resolve("localhost:4566/closed:v1");

  for (let times = 0; times < 2; times += 1)
    assert.match(
      await message(images.resolve("localhost:4566/own:v1")),
      /The layer was to be sha256:.* and is sha256:/,
    );
  const same = await images.resolve("localhost:4566/own:v2");
  assert.deepEqual(same.layers, layers, "who has the layer gets it, however it was compressed");
});
