import assert from "node:assert/strict";
import { test } from "node:test";
import type { Target } from "@sluice/engine";
import { SharedHosts } from "./shared-hosts.ts";

const at = (host: string, since: number, status: Target["status"] = "InProgress"): Target => ({
  id: host,
  arn: host,
  hostIdentifier: host,
  status,
  lastUpdatedAt: since,
  events: [{ name: "ApplicationStop", status: "Pending", command: { id: `${host}/${since}`, issuedAt: since } }],
});

test("the deployment that began first on a host goes first, and the other is told when the host is free", () => {
  const shared = new SharedHosts();
  shared.record({ id: "d-1", kind: "in-place" }, [at("h", 10)], 10);
  shared.record({ id: "d-2", kind: "in-place" }, [at("h", 20)], 20);

  assert.deepEqual(shared.contentionOf("d-1", "h"), undefined);
  assert.deepEqual(shared.contentionOf("d-2", "h"), { blockedBy: "d-1" });

  shared.record({ id: "d-1", kind: "in-place" }, [at("h", 10, "Succeeded")], 30);

  assert.deepEqual(shared.contentionOf("d-2", "h"), { freeSince: 30 });
});

test("a termination goes first although it came later", () => {
  const shared = new SharedHosts();
  shared.record({ id: "d-1", kind: "in-place" }, [at("h", 10)], 10);
  shared.record({ id: "d-2", kind: "termination" }, [at("h", 20)], 20);

  assert.deepEqual(shared.contentionOf("d-1", "h"), { blockedBy: "d-2" });
  assert.deepEqual(shared.contentionOf("d-2", "h"), undefined);
});

test("deployments that are deleted hold nobody up", () => {
  const shared = new SharedHosts();
  shared.record({ id: "d-1", kind: "in-place" }, [at("h", 10)], 10);
  shared.record({ id: "d-2", kind: "in-place" }, [at("h", 20)], 20);

  shared.keepOnly(new Set(["d-2"]), 30);

  assert.deepEqual(shared.contentionOf("d-2", "h"), { freeSince: 30 });
});
