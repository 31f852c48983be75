import type { Deployment, DeploymentStatus, Target } from "@sluice/engine";
import type { Store } from "../src/store/index.ts";

/** A deployment as it lies in a store; of the application `a`. */
export interface StoredDeployment {
  readonly id: string;
  readonly group: string;
  readonly status: DeploymentStatus;
  /** When it was created, in milliseconds since the epoch. */
  readonly at: number;
  /** How many hosts it had. */
  readonly targets?: number;
  readonly rollsBack?: string;
}

const settings = {
  outdatedInstancesStrategy: "UPDATE",
  deploymentConfigName: "CodeDeployDefault.AllAtOnce",
  serviceRoleArn: "arn:aws:iam::123456789012:role/deploy",
} as const;

const request = (group: string, rollsBack: string | undefined) => ({
  groupName: group,
  creator: "user" as const,
  deploymentStyle: { deploymentType: "IN_PLACE" as const, deploymentOption: "WITHOUT_TRAFFIC_CONTROL" as const },
  revision: { revisionType: "GitHub" as const, gitHubLocation: { repository: "a/b", commitId: "c" } },
  deploymentConfigName: "CodeDeployDefault.AllAtOnce",
  fileExistsBehavior: "DISALLOW" as const,
  updateOutdatedInstancesOnly: false,
  ...(rollsBack === undefined ? {} : { rollbackOf: { deploymentId: rollsBack, message: "" } }),
});

const stateOf = ({ id, status, at }: StoredDeployment): Deployment => ({
  id,
  status,
  createTime: at,
  startTime: at,
  completeTime: at + 1000,
  kind: "in-place",
  minimumHealthyHosts: { type: "HOST_COUNT", value: 0 },
  ignoreApplicationStopFailures: false,
  steps: [],
  holds: [],
  notes: [],
});

const events = ["ApplicationStop", "DownloadBundle", "BeforeInstall", "Install", "ApplicationStart"] as const;

const targetOf = (at: number, position: number): Target =>
  ({
    id: `host-${position}`,
    arn: `arn:aws:iam::123456789012:user/host-${position}`,
    hostIdentifier: `arn:aws:iam::123456789012:user/host-${position}`,
    status: "Succeeded",
    events: events.map((name) => ({ name, status: "Succeeded" as const, startTime: at, endTime: at + 1 })),
  }) as unknown as Target; // as much of a target as its table and its readers need

/** Adds deployments as they lie in a store after they have ended. Only within `write`. */
export function initialDeployments(store: Store, deployments: readonly StoredDeployment[]): void {
  if (store.applications.byId("a") === undefined)
    store.applications.add({ id: "a", name: "shop", computePlatform: "Server", createTime: 0 }, []);
  for (const deployment of deployments) {
    const { id, group, at, targets = 0, rollsBack } = deployment;
    if (store.groups.byId(group) === undefined)
      store.groups.add({ id: group, applicationId: "a", name: group, settings }, []);
    const state = stateOf(deployment);
    store.deployments.add({ id, applicationId: "a", groupId: group, request: request(group, rollsBack), state });
    if (targets === 0) continue;
    const record = store.deployments.byId(id);
    if (record === undefined) throw new Error(`${id} was just added`);
    const world = { now: at, deployment: record.state, targets: [], reports: [], fleets: {}, instanceStates: {} };
    const all = Array.from({ length: targets }, (_, position) => targetOf(at, position));
    const before = world as unknown as Parameters<Store["deployments"]["commit"]>[1]["before"]; // what a commit looks at
    store.deployments.commit(record, {
      before,
      after: { ...before, targets: all },
      version: record.version,
      memories: {},
    });
  }
}
