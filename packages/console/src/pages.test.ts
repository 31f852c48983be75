import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { consoleListener } from "./index.ts";

test("a browser is told to run nothing, to show the page in no other one's frame, and to guess no types", async (t) => {
  const server = createServer(consoleListener());
  t.after(() => server.close());
  await new Promise<void>((listens) => server.listen(0, "127.0.0.1", listens));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP

  const [page, none] = [await fetch(url), await fetch(`${url}/<script>`)];

  const policy = page.headers.get("content-security-policy")?.split("; ") ?? [];
  assert.deepEqual(policy.toSorted(), ["default-src 'none'", "frame-ancestors 'none'", "style-src 'unsafe-inline'"]);
  assert.match(await page.text(), /<h1>Sluice is running<\/h1>/);
  assert.equal(none.status, 404);
  assert.equal((await none.text()).includes("<script>"), false);
  for (const { headers } of [page, none]) assert.equal(headers.get("x-content-type-options"), "nosniff");
});
