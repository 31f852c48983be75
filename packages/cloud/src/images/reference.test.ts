import assert from "node:assert/strict";
import { test } from "node:test";
import { isLocalReference, readReference } from "./reference.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

test("a reference names a host, a repository, a tag and a digest", () => {
  const found = [
    "localhost:4566/web",
    "127.0.0.1:4566/team/web:1.0",
    `123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:v1@${digest}`,
    `localhost/web@${digest}`,
    "[::1]:4566/web",
    "library/web:2",
    "web",
  ].map(readReference);

  const registry = { kind: "registry", host: undefined, tag: undefined, digest: undefined };
  assert.deepEqual(found, [
    { ...registry, host: "localhost:4566", repository: "web" },
    { ...registry, host: "127.0.0.1:4566", repository: "team/web", tag: "1.0" },
    { ...registry, host: "123456789012.dkr.ecr.eu-west-1.amazonaws.com", repository: "web", tag: "v1", digest },
    { ...registry, host: "localhost", repository: "web", digest },
    { ...registry, host: "[::1]:4566", repository: "web" },
    { ...registry, repository: "library/web", tag: "2" },
    { ...registry, repository: "web" },
  ]);
});

test("a reference to files has an absolute path, and perhaps an image's name", () => {
  const found = ["file:/srv/images/web", "file:///srv/web.tar#v1", "file:/srv/web#"].map(readReference);

  assert.deepEqual(found, [
    { kind: "file", path: "/srv/images/web", tag: undefined },
    { kind: "file", path: "/srv/web.tar", tag: "v1" },
    { kind: "file", path: "/srv/web", tag: "" },
  ]);
  assert(isLocalReference("file:/srv/web") && !isLocalReference("localhost:4566/file:/x"));
});

test("what is no reference is none", () => {
  const texts = [
    "",
    "/",
    "web:",
    "web:a:b",
    "WEB",
    "localhost:4566/",
    "a@b@c",
    "web@sha256:12",
    "file:web",
    "file:",
    "file://host/web",
    "w".repeat(256),
  ];

  assert.deepEqual(
    texts.filter((text) => readReference(text) !== undefined),
    [],
  );
});
