import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { consoleListener } from "./index.ts";
import { routeOf } from "./page-paths.ts";

async function serve(t: TestContext): Promise<string> {
  const server = createServer(consoleListener());
  t.after(() => server.close());
  await new Promise<void>((listens) => server.listen(0, "127.0.0.1", listens));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
}

test("a browser may run our scripts and styles and ask our server, and nothing else", async (t) => {
  const url = await serve(t);

  const [page, none] = [await fetch(url), await fetch(`${url}/<script>`)];

  for (const { headers } of [page, none]) {
    const policy = headers.get("content-security-policy")?.split("; ") ?? [];
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'self'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ])
      assert(policy.includes(rule), rule);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("referrer-policy"), "no-referrer");
  }
  assert.equal(none.status, 404);
  assert.equal((await none.text()).includes("<script>"), false);
});

test("every page's path has the one document, whose scripts and style are there for ever under names that change with them", async (t) => {
  const url = await serve(t);

  const document = await (await fetch(`${url}/d/d-ABC/t/i%2F1?view=grid`)).text();
  const assets = [...document.matchAll(/(?:src|href)="(\/console-assets\/[^"]+)"/g)].map(([, path]) => path ?? "");

  assert(assets.length >= 2);
  for (const path of assets) {
    const answer = await fetch(url + path);
    assert.equal(answer.status, 200, path);
    assert.match(answer.headers.get("cache-control") ?? "", /immutable/);
    assert.match(answer.headers.get("content-type") ?? "", /^text\/(javascript|css); charset=utf-8$/);
  }
  for (const path of [
    "/console-assets/../index.html",
    "/console-assets/%2e%2e/inputs.json",
    "/console-assets/none.js",
    "/d",
    "/apps/%ff",
  ])
    assert.equal((await fetch(url + path)).status, 404, path);
});

test("a path names one page, and the names in it are decoded", () => {
  assert.deepEqual(routeOf("/"), { page: "now", names: {} });
  assert.deepEqual(routeOf("/apps/a%2Fb/groups/%3Cg%3E"), {
    page: "group",
    names: { application: "a/b", group: "<g>" },
  });
  assert.deepEqual(routeOf("/d/d-1/why/"), { page: "why", names: { id: "d-1" } });
  assert.equal(routeOf("//evil.example/").page, "missing");
});
