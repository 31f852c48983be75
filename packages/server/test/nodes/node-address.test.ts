import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { FollowWriter } from "../../src/nodes/follow-writer.ts";
import { requireSafeWay } from "../../src/nodes/node-address.ts";

test("nodes talk over plain HTTP on this machine alone, unless the operator says that the network is theirs", () => {
  for (const safe of ["http://127.0.0.1:4566", "http://[::1]:4566", "http://localhost:1", "https://10.0.0.5:4566"])
    requireSafeWay(safe);
  for (const open of ["http://10.0.0.5:4566", "http://localhost.example.com", "http://[::ffff:10.0.0.1]:1"])
    assert.throws(() => requireSafeWay(open), /no TLS, so that whoever is on the way .* --insecure-nodes$/);
  requireSafeWay("http://10.0.0.5:4566", true);
});

test("a node follows no writer that says it is reached over plain HTTP elsewhere", async (t) => {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  }).listen(0, "0.0.0.0");
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  assert(typeof address === "object" && address !== null);
  const troubled = Promise.withResolvers<unknown>();
  const following = new FollowWriter({
    key: randomBytes(32),
    authority: undefined,
    onEntry: () => assert.fail("no entry"),
    onConnection: () => assert.fail("no connection"),
    onTrouble: (cause) => troubled.resolve(cause),
  });
  // 0.0.0.0 leads to this machine, and is no loopback address.
  following.see({ term: 1, address: `http://0.0.0.0:${address.port}`, node: "other", isOver: false });
  assert.match(String(await troubled.promise), /Cannot talk to other nodes .* no TLS/);
  assert.equal(connections, 0);
});
