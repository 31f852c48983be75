import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { AutoScaling } from "@aws-sdk/client-auto-scaling";
import type { DeploymentKind } from "@sluice/engine";
import type { Gateways } from "../../gateways/gateways.ts";
import type { DeploymentGroup } from "../../store/deployment-groups.ts";
import { openStore } from "../../store/index.ts";
import { recordDeployment } from "../../deployment/record-deployment.ts";
import { requestOf } from "../../deployment/request.ts";
import { startLifecycleDeployments } from "./lifecycle-actions.ts";

const minute = 60_000;
const revision = { revisionType: "GitHub", gitHubLocation: { repository: "a/b", commitId: "c" } } as const;
const group: DeploymentGroup = {
  id: "g",
  applicationId: "a",
  name: "web",
  targetRevision: revision,
  settings: {
    outdatedInstancesStrategy: "UPDATE",
    deploymentConfigName: "CodeDeployDefault.AllAtOnce",
    serviceRoleArn: "arn:aws:iam::123456789012:role/deploy",
  },
};

/** A deployment group with a hook on an Auto Scaling group, and rounds that look at it at a time of the test's choice. */
async function openRounds(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-launches-"));
  const store = openStore(folder);
  t.after(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await store.write(() => {
    store.applications.add({ id: "a", name: "shop", computePlatform: "Server", createTime: 0 }, []);
    store.groups.add(group, []);
    store.groups.succeeded("g", revision);
    store.scaling.add({ groupId: "g", scalingGroup: "fleet", transition: "launch", name: "hook" });
  });
  const calls: string[] = [];
  const house = { now: 0, waiting: "i-1", calls, said: [] as string[], store };
  const send = ({ constructor, input }: { constructor: { name: string }; input: { InstanceId?: string } }) => {
    if (input.InstanceId !== undefined) calls.push(`${constructor.name} ${input.InstanceId}`);
    const Instances = [{ InstanceId: house.waiting, LifecycleState: "Pending:Wait" }];
    return Promise.resolve({ AutoScalingGroups: [{ AutoScalingGroupName: "fleet", Instances }] });
  };
  const autoScaling = Object.assign(new AutoScaling({ region: "eu-west-1" }), { send });
  const gateways = { as: () => ({ autoScaling: () => Promise.resolve(autoScaling) }) } as unknown as Gateways; // no other service is called
  const context = {
    store,
    gateways,
    clock: () => house.now,
    region: "eu-west-1",
    accountId: "123456789012",
    wake: () => {},
    warned: new Set<string>(),
    heartbeats: new Map<string, number>(),
    warn: (_about: object, message: string) => void house.said.push(message),
    onDefect: (error: unknown) => assert.fail(String(error)),
  };
  const end = async (id: string, status: "Failed" | "Succeeded") => {
    const record = store.deployments.byId(id) ?? assert.fail(id);
    const before = { now: 0, deployment: record.state, targets: [], reports: [], instanceStates: {} };
    const after = { ...before, deployment: { ...record.state, status, completeTime: house.now } };
    await store.write(() => store.deployments.commit(record, { before, after, version: record.version, memories: {} }));
  };
  return Object.assign(house, {
    /** Starts deployments for waiting instances; returns the deployments in progress. */
    look: async () => {
      await startLifecycleDeployments(context);
      return store.deployments.live();
    },
    /** Has a deployment begun and ended. */
    ended: async (id: string, kind: DeploymentKind, status: "Failed" | "Succeeded") => {
      const request = requestOf(group, { creator: "user", revision, fileExistsBehavior: "DISALLOW" });
      const minimumHealthyHosts = { type: "HOST_COUNT", value: 0 } as const;
      await store.write(() =>
        recordDeployment(store, {
          id,
          now: house.now,
          group,
          kind,
          request,
          minimumHealthyHosts,
          ignoreApplicationStopFailures: false,
        }),
      );
      await end(id, status);
    },
    end,
  });
}

test("after three launches that failed in a row the next one waits, longer each time, and is kept alive meanwhile", async (t) => {
  const house = await openRounds(t);
  for (const id of ["d-1", "d-2", "d-3"]) {
    house.now += 1_000;
    await house.ended(id, "launch", "Failed");
  }

  assert.deepEqual(await house.look(), []);
  house.now += 29_000;
  assert.deepEqual(await house.look(), []);
  assert.deepEqual(house.calls, ["RecordLifecycleActionHeartbeatCommand i-1"]);
  assert.equal(house.said.length, 1);
  assert.match(
    house.said.join(),
    /^3 launches in a row have failed, d-3 the last .* wait .* until 1970-01-01T00:00:33/,
  );
  assert.match(house.said.join(), /Deploy a revision that works: that ends the pause/);
  assert.deepEqual(house.store.deployments.byId("d-3")?.state.notes, house.said);
  house.now += 1_000;
  const [tried = ""] = await house.look();
  assert.equal(house.store.deployments.byId(tried)?.state.kind, "launch");

  await house.end(tried, "Failed");
  house.waiting = "i-2";
  house.now += 59_000;
  assert.deepEqual(await house.look(), []);
  house.now += 1_000;
  assert.equal((await house.look()).length, 1);
});

test("a deployment that succeeds ends the pause at once, and two failures make none", async (t) => {
  const house = await openRounds(t);
  house.now = 1_000;
  for (const id of ["d-1", "d-2", "d-3", "d-4", "d-5", "d-6"]) await house.ended(id, "launch", "Failed");
  house.now = 2_000;
  assert.deepEqual(await house.look(), []);

  await house.ended("d-7", "in-place", "Succeeded");

  house.now += minute;
  await house.ended("d-8", "launch", "Failed");
  await house.ended("d-9", "launch", "Failed");
  assert.equal((await house.look()).length, 1);
});
