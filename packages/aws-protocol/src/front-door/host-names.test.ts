import assert from "node:assert/strict";
import { request } from "node:http";
import { type TestContext, test } from "node:test";
import { openDoor, signed } from "../../test/fixtures/open-door.ts";
import { hostNames } from "./host-names.ts";

test("a name is this server's when nobody else can let it lead here, or when it was configured", () => {
  const isOwn = hostNames(["Sluice.Example.com", "*.apps.example.com"]);
  const own = [
    "localhost",
    "LOCALHOST:4566",
    "console.localhost:4566",
    "127.0.0.1",
    "127.8.9.1:80",
    "[::1]:4566",
    "10.0.0.7:4566",
    "sluice.example.com:443",
    "a.apps.example.com",
    "codedeploy-commands.eu-west-1.amazonaws.com",
  ];
  const others = [
    "",
    "evil.example",
    "evil.example:4566",
    "localhost.evil.example",
    "notlocalhost",
    "localhost.",
    "10.0.0.8",
    "0.0.0.0:4566",
    "[::]:4566",
    "[::ffff:10.0.0.8]",
    "amazonaws.com.evil.example",
    "apps.example.com",
    "localhost@evil.example",
    "localhost:4566:1",
    "a b",
    "[localhost]",
  ];

  assert.deepEqual(
    own.filter((host) => !isOwn(host, "::ffff:10.0.0.7")),
    [],
  );
  assert.deepEqual(
    others.filter((host) => isOwn(host, "10.0.0.7")),
    [],
  );
  assert.equal(isOwn(undefined, "10.0.0.7"), false);
  assert(isOwn("172.31.0.1"), "what an instance has called is an address of its own network");
});

/** Asks a door that has names for a path under a name, in both ways that requests are read. */
async function statusOf(t: TestContext, host: string, headers: Readonly<Record<string, string>> = {}) {
  const { port } = await openDoor(t, {
    services: [],
    isOwnHost: hostNames([]),
    fallback: (_message, response) => void response.end("page"),
  });
  return new Promise<number | undefined>((resolve, reject) => {
    const options = { port, host: "127.0.0.1", path: "/hosts/setup", headers: { ...headers, host } };
    request(options, (response) => resolve(response.resume().statusCode))
      .on("error", reject)
      .end();
  });
}

test("what carries no signature is served under this server's own names alone", async (t) => {
  assert.equal(await statusOf(t, "localhost"), 200);
  assert.equal(await statusOf(t, "evil.example"), 421);
  assert.equal(await statusOf(t, "evil.example", { "x-amz-target": "Any.Thing" }), 421);
});

test("a signature covers the name, so that signed requests may come under any", async (t) => {
  const { port } = await openDoor(t, { services: [], isOwnHost: hostNames([]) });
  const url = `http://sluice.internal:${port}/`;
  const headers = signed(url, { service: "codedeploy" });
  const status = await new Promise((resolve, reject) => {
    const options = {
      port,
      host: "127.0.0.1",
      method: "POST",
      headers: { ...headers, host: `sluice.internal:${port}` },
    };
    request(options, (response) => resolve(response.resume().statusCode))
      .on("error", reject)
      .end();
  });

  assert.notEqual(status, 421);
});
