import assert from "node:assert/strict";
import { test } from "node:test";
import type { Configuration } from "../config.ts";
import { securityWarnings } from "./security-warnings.ts";
import { checkProxy, nodeTooOld } from "./node-version.ts";

test("the agent says which Node it needs", () => {
  assert.equal(nodeTooOld("20.14.0"), "Node.js 20.15 or later is needed, and 20.14.0 was found");
  assert.match(nodeTooOld("18.20.1") ?? "", /^Node\.js 20\.15 or later is needed/);
  for (const version of ["20.15.0", "20.20.2", "21.0.0", "26.1.0"]) assert.equal(nodeTooOld(version), undefined);
});

test("a Node that would go past a proxy is refused where there is one", () => {
  for (const version of ["20.20.2", "22.20.0", "23.11.0", "24.4.9"]) {
    assert.throws(
      () => checkProxy("http://proxy:1", version),
      /^Error: proxy_uri needs Node\.js 22\.21, 24\.5 or later/,
    );
    checkProxy(undefined, version);
  }
  for (const version of ["22.21.0", "24.5.0", "25.0.0", "26.1.0"]) checkProxy("http://proxy:1", version);
});

test("an open way to the control plane is a danger where nobody says whose deployments are carried out", () => {
  const found = (deployControlEndpoint: string, more: Partial<Configuration> = {}) =>
    securityWarnings({ deployControlEndpoint, ...more } as Configuration); // what it reads

  assert.match(found("http://172.31.0.1")[0] ?? "", /^The way to http:\/\/172\.31\.0\.1 is not encrypted, /);
  assert.equal(found("http://127.0.0.1.example.com").length, 1);
  for (const safe of ["https://172.31.0.1", "http://127.0.0.1:8099", "http://[::1]:1", "http://localhost:1"])
    assert.deepEqual(found(safe), []);
  assert.deepEqual(found("http://172.31.0.1", { trustedSigners: ["00"] }), []);
  assert.deepEqual(found("http://172.31.0.1", { trustStore: "/x.pem" }), []);
});
