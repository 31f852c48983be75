import assert from "node:assert/strict";
import { test } from "node:test";
import { startOrder } from "./start-order.ts";
import type { FleetMember } from "../world.ts";

const member = (
  id: string,
  health: FleetMember["health"],
  revision: FleetMember["revision"],
  tieBreaker = 0,
): FleetMember => ({
  id,
  arn: id,
  hostIdentifier: id,
  state: "running",
  health,
  revision,
  tieBreaker,
});
const ids = (fleet: readonly FleetMember[]) => startOrder(fleet).map(({ id }) => id);

test("the neediest go first: Unhealthy, then revision Unknown, Old, Current", () => {
  const fleet = [
    member("current", "Healthy", "Current"),
    member("old", "Healthy", "Old"),
    member("unhealthy", "Unhealthy", "Current"),
    member("unknown", "Healthy", "Unknown"),
  ];

  assert.deepEqual(ids(fleet), ["unhealthy", "unknown", "old", "current"]);
});

test("lots decide within a class, and only there", () => {
  const fleet = [
    member("a", "Healthy", "Old", 0.9),
    member("b", "Healthy", "Old", 0.1),
    member("c", "Unhealthy", "Old", 1),
  ];

  assert.deepEqual(ids(fleet), ["c", "b", "a"]);
});

test("equal lots are told apart by name, so that an order is always the same", () => {
  const fleet = [member("b", "Healthy", "Old"), member("a", "Healthy", "Old")];

  assert.deepEqual(ids(fleet), ["a", "b"]);
});
