// A data folder that an earlier version has left with deployments in the middle of everything: this one goes on with them.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { Effect } from "@sluice/engine";
import { openEffects } from "../src/reconciler/effect-driver.ts";
import { reconcile, type Shell } from "../src/reconciler/reconcile.ts";
import { openStore } from "../src/store/index.ts";

/** Hosts and gateways that do whatever they are asked for, and write down the effects. */
async function playToTheEnd(folder: string) {
  const store = openStore(folder);
  const effects: Effect[] = [];
  let now = Date.UTC(2026, 10, 1, 0, 1); // a minute after the earlier version ended
  const clock = () => (now += 1);
  const shell: Shell = {
    store,
    clock,
    region: "us-east-1",
    accountId: "123456789012",
    hasEventBus: false,
    externalStateOf: () => ({ instanceStates: {} }),
    findFleet: (_group, record, query) => Promise.resolve(store.deployments.fleets(record.id)[againFrom(query)]),
    onCommit: () => {},
    wakeHosts: () => {},
    wake: () => {},
    driveEffects: () => {},
    log: () => {},
  };
  const ended = { kind: "completed", status: "Succeeded" } as const;
  for (const id of store.deployments.live()) {
    await reconcile(id, shell);
    for (let turn = 0; turn < 200 && store.deployments.live().includes(id); turn += 1) {
      const record = store.deployments.byId(id) ?? assert.fail(id);
      const targets = store.deployments.targets(id);
      for (const { id: commandId, effect } of openEffects(record, targets)) {
        effects.push(effect);
        await store.write(() => store.commands.addReport({ ...ended, commandId, at: clock() }, id));
      }
      for (const { hostIdentifier } of targets)
        for (const { id: commandId, deploymentId } of store.commands.openFor(hostIdentifier))
          if (deploymentId === id)
            await store.write(() => {
              store.commands.addReport({ kind: "acknowledged", commandId, at: clock() }, id);
              store.commands.addReport({ ...ended, commandId, at: clock() }, id);
            });
      await reconcile(id, shell);
    }
  }
  return { store, effects };
}

/** The hosts have not changed since they were looked up first. */
const againFrom = (query: string) => (query.startsWith("selected") ? "selected" : "replacement");

test("deployments that an earlier version has begun come to their ends, with everything that it had written down", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-earlier-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const earlier = new DatabaseSync(join(folder, "codedeploy.sqlite"));
  earlier.exec(readFileSync(new URL("stored/version-5.sql", import.meta.url), "utf8"));
  earlier.close();

  const { store, effects } = await playToTheEnd(folder);
  t.after(() => store.close());

  const ids = ["d-INPLACE01", "d-BLUEGREEN", "d-REROUTE01", "d-LAMBDA001", "d-LAMBDA002"];
  const ends = ids
    .map((id) => store.deployments.byId(id)?.state)
    .map((state) => [state?.status, state?.error?.message]);
  assert.deepEqual(
    ends,
    ids.map(() => ["Succeeded", undefined]),
  );
  const targetGroup = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1";
  const registrationsOf = (host: string) =>
    effects.flatMap((one) => (one.kind === "allow traffic" && one.instance === host ? [one.registrations] : []));
  // Its own port was noted by the gateway before the instance was taken out.
  assert.deepEqual(registrationsOf("i-1"), [[{ targetGroup, port: 8081 }]]);
  // A deployment before this one had taken it out, and not put it back.
  assert.deepEqual(registrationsOf("i-2"), [[{ targetGroup, port: 8080 }]]);
  assert.deepEqual(registrationsOf("i-6"), [[{ targetGroup, port: 8080 }]]);
  const resumed = effects.flatMap((one) => (one.kind === "resume processes" ? [one.suspended] : []));
  assert.deepEqual(resumed, [
    { fleet: ["AZRebalance"] },
    { "CodeDeploy_blue-green_d-BLUEGREEN": ["AddToLoadBalancer"] },
  ]);
  const shifts = effects.flatMap((one) => (one.kind === "shift traffic" ? [[one.alias, one.before?.revisionId]] : []));
  // What takes an alias back overwrites whatever it finds.
  assert.deepEqual(
    new Map(shifts as [string, string | undefined][]),
    new Map([
      ["live", "r1"],
      ["old", undefined],
    ]),
  );
  assert.deepEqual(store.scaledInstances.of("in-place"), [
    { groupId: "in-place", instance: "i-9", handledState: "Pending:Wait", hasServed: true },
  ]);
});
