import assert from "node:assert/strict";
import { test } from "node:test";
import { openConsoleFixture } from "./console-fixture.ts";

const path = "/console/api/session";

test("every path of the port is served under this server's own names alone", async (t) => {
  const { ask, logIn } = await openConsoleFixture(t);
  const as = await logIn();
  const paths = ["/", path, "/console/api/now", "/console/stream", "/hosts/setup", "/healthz", "/any-bucket/key"];

  for (const one of paths) assert.equal((await ask(one, { as, headers: { host: "evil.example" } })).status, 421, one);
  assert.equal((await ask(path, { as, headers: { host: "localhost" } })).status, 200);
  const told = await ask(path, { as, headers: { host: "<script>.evil.example" } });
  assert.equal(told.status, 421);
  assert.equal(told.text.includes("<script>"), false);
});

test("the endpoints are for the console's own page, and not for another one of the same machine", async (t) => {
  const { ask, logIn, url } = await openConsoleFixture(t);
  const as = await logIn();
  const own = new URL(url).origin;
  const statusOf = async (headers: Readonly<Record<string, string>>) => (await ask(path, { as, headers })).status;

  assert.equal(await statusOf({ "sec-fetch-site": "same-origin", origin: own }), 200);
  for (const site of ["same-site", "cross-site", "none"]) assert.equal(await statusOf({ "sec-fetch-site": site }), 403);
  for (const origin of [
    "http://127.0.0.1:1",
    "http://evil.example",
    "null",
    `${own}.evil.example`,
    own.replace("http:", "https:"),
  ])
    assert.equal(await statusOf({ origin }), 403, origin);
});

test("an action must be JSON, small, and an object; what cannot be read is a problem and no defect", async (t) => {
  const { ask, logIn } = await openConsoleFixture(t);
  const as = await logIn();
  const stop = "/console/api/actions/stop";
  const statusOf = async (asking: Parameters<typeof ask>[1], where = stop) =>
    (await ask(where, { method: "POST", as, ...asking })).status;

  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp"])
    assert.equal(await statusOf({ body: {}, headers: { "content-type": type } }), 415, type);
  assert.equal(await statusOf({ body: [1] }), 400);
  assert.equal(await statusOf({ body: "text" }), 400);
  assert.equal(await statusOf({ body: {} }), 400);
  assert.equal(await statusOf({ body: { deploymentId: ["d-1"] } }), 400);
  assert.equal(await statusOf({ body: { deploymentId: "x".repeat(600_000) } }), 413);
  assert.equal(await statusOf({ body: {} }, "/console/api/actions/__proto__"), 404);
  assert.equal(await statusOf({ body: {} }, "/console/api/actions/constructor"), 404);
  assert.equal(await statusOf({ method: "PUT", body: {} }), 405);
  assert.equal((await ask("/console/api/deployments/%ff", { as })).status, 400);
  assert.equal((await ask("/console/api/nothing", { as })).status, 404);
  assert.equal((await ask("/console/api/deployments?page=o-1", { as })).status, 400);
  assert.equal((await ask(`/console/api/deployments?q=${"x".repeat(9_000)}`, { as })).status, 400);
});

test("every answer, also a refusal, is nobody's page, frame, script or cache entry", async (t) => {
  const { ask, logIn } = await openConsoleFixture(t);
  const as = await logIn();
  const answers = [
    await ask(path, { as }),
    await ask(path),
    await ask("/console/api/nothing", { as }),
    await ask(path, { as, headers: { origin: "http://evil.example" } }),
    await ask(path, { as, method: "OPTIONS", headers: { origin: "http://evil.example" } }),
  ];

  for (const { headers } of answers) {
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["referrer-policy"], "no-referrer");
    assert.equal(headers["cross-origin-resource-policy"], "same-origin");
    assert.match(String(headers["content-security-policy"]), /^default-src 'none'; frame-ancestors 'none'/);
    assert.match(String(headers["cache-control"]), /no-store/);
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.startsWith("access-control-")),
      [],
    );
  }
});

test("over HTTPS the cookie is bound to this very host and to HTTPS", async (t) => {
  const { newCode, spend, authorityFile, url } = await openConsoleFixture(t, { tls: true });
  const { code = "" } = await newCode();
  const { Agent, request } = await import("node:https");
  const { readFileSync } = await import("node:fs");
  const agent = new Agent({ ca: readFileSync(authorityFile) });
  const cookie = await new Promise<string>((resolve, reject) => {
    const at = new URL("/console/api/session", url.replace("http:", "https:"));
    const asked = request(at, { method: "POST", agent, headers: { "content-type": "application/json" } }, (response) =>
      resolve(String(response.resume().headers["set-cookie"])),
    );
    asked.on("error", reject).end(JSON.stringify({ code }));
  });
  agent.destroy();

  assert.match(cookie, /^__Host-sluice-session-\d+=[A-Za-z0-9_-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/);
  assert.equal((await spend(code)).status, 401);
});
