import assert from "node:assert/strict";
import { test } from "node:test";
import { SignedRequests } from "./signed-requests.ts";

test("a ca_bundle that holds no certificates is told before anything is sent", () => {
  const readTimeoutSeconds = 1;

  assert.throws(
    () => new SignedRequests({ readTimeoutSeconds, caBundle: "/nowhere/ca.pem" }),
    /^Error: Cannot read the ca_bundle "\/nowhere\/ca.pem": ENOENT/,
  );
  assert.throws(
    () => new SignedRequests({ readTimeoutSeconds, caBundle: "/dev/null" }),
    /it has no certificates in PEM/,
  );
});
