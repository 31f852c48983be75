import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { reconcile, type Shell } from "../src/reconciler/reconcile.ts";
import { SharedHosts } from "../src/reconciler/shared-hosts.ts";
import { openStore, type Store } from "../src/store/index.ts";
import { recordDeployment } from "../src/deployment/record-deployment.ts";
import { requestOf } from "../src/deployment/request.ts";

/** The one host of every deployment here. */
export const host = "arn:aws:iam::123456789012:user/web";

const application = { id: "a", name: "shop", computePlatform: "Server" } as const;
const settings = {
  outdatedInstancesStrategy: "UPDATE",
  deploymentConfigName: "CodeDeployDefault.AllAtOnce",
  serviceRoleArn: "arn:aws:iam::123456789012:role/deploy",
} as const;

/** A store of its own, and passes over its deployments: what is asked for in one turn shares a transaction. */
export async function openPasses(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-passes-"));
  const store = openStore(folder);
  t.after(async () => {
    await closeAndCompare(store, folder);
    rmSync(folder, { recursive: true, force: true });
  });
  let now = 1_000;
  const clock = () => (now += 1);
  const shared = new SharedHosts();
  const shell: Shell = {
    store,
    clock,
    region: "us-east-1",
    accountId: "123456789012",
    hasEventBus: false,
    externalStateOf: (id) => ({
      instanceStates: {},
      contention: ({ hostIdentifier }) => shared.contentionOf(id, hostIdentifier),
    }),
    onCommit: ({ deployment, targets }) => shared.record(deployment, targets, now),
    findFleet: () => Promise.reject(new Error("The fleet is known")),
    wakeHosts: () => {},
    wake: () => {},
    driveEffects: () => {},
    log: () => {},
  };
  const passes: Promise<void>[] = [];
  await store.write(() => store.applications.add({ ...application, createTime: now }, []));
  return {
    folder,
    store,
    clock,
    /** Makes a pass in the transaction of this turn. */
    wake: (id: string) => void passes.push(reconcile(id, shell)),
    /** Lets the passes that have begun end. */
    settled: () => Promise.all(passes),
    /** Records a deployment to the host, by a group of its own. */
    record: async (id: string): Promise<void> => {
      const group = { id: `group of ${id}`, applicationId: application.id, name: id, settings };
      const revision = { revisionType: "GitHub", gitHubLocation: { repository: "a/b", commitId: "c" } } as const;
      const member = { id: "web", arn: host, hostIdentifier: host, state: "running", tieBreaker: 0 } as const;
      await store.write(() => {
        store.groups.add(group, []);
        recordDeployment(store, {
          id,
          now,
          group,
          minimumHealthyHosts: { type: "HOST_COUNT", value: 0 },
          ignoreApplicationStopFailures: false,
          fleet: { found: [{ ...member, health: "Healthy", revision: "Unknown" }] },
          request: requestOf(group, { creator: "user", revision, fileExistsBehavior: "DISALLOW" }),
        });
      });
    },
  };
}

/** Closes a store. Asserts that its caches agreed with its tables: a store that reads the tables anew has the same open commands. */
async function closeAndCompare(store: Store, folder: string): Promise<void> {
  await store.write(() => {}); // what is still waiting is written with it
  const cached = store.commands.openFor(host);
  store.close();
  const reopened = openStore(folder);
  const stored = reopened.commands.openFor(host);
  reopened.close();
  assert.deepEqual(cached, stored, "the caches of reports and open commands agree with the tables");
}
