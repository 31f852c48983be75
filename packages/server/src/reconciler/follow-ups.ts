import { type Fleet, followUp, isOver } from "@sluice/engine";
import { newDeploymentId } from "../random.ts";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import type { DeploymentRecord } from "../store/deployments/records.ts";
import { revisionIdentity, type Store } from "../store/index.ts";
import { recordDeployment } from "../deployment/record-deployment.ts";
import { requestOf } from "../deployment/request.ts";

export interface FollowUpContext {
  readonly store: Store;
  readonly clock: () => number;
  /** Returns the hosts that a group selects now; `holdsRevision` refers to the deployment's revision. */
  readonly findFleet: (
    group: DeploymentGroup,
    record: DeploymentRecord,
    which: "selected",
  ) => Promise<Fleet | undefined>;
  readonly wake: (deploymentId: string) => void;
}

/**
 * Creates follow-ups of deployments that have succeeded, for instances that were launched in the meantime
 * (deployments.md §6.3).
 */
export async function makeFollowUps(context: FollowUpContext): Promise<void> {
  const { store } = context;
  for (const rootId of store.followUps.all()) {
    const root = store.deployments.byId(rootId);
    const group = root && store.groups.byId(root.groupId);
    if (root === undefined || group === undefined || isSuperseded(root, group))
      await store.write(() => store.followUps.settle(rootId));
    else if (store.deployments.liveOf(group.id) === undefined) await look(context, root, group);
  }
}

/** The group has another revision by now, whose own deployment cares for the instances. */
const isSuperseded = ({ request }: DeploymentRecord, { targetRevision }: DeploymentGroup): boolean =>
  targetRevision === undefined || revisionIdentity(targetRevision) !== revisionIdentity(request.revision);

async function look(context: FollowUpContext, root: DeploymentRecord, group: DeploymentGroup): Promise<void> {
  const { store, findFleet } = context;
  const fleet = await findFleet(group, root, "selected");
  if (fleet === undefined || "error" in fleet) return; // the next run tries again
  const followers = store.deployments.followersOf(root.id);
  const { status, kind } = root.state;
  if (status !== "Succeeded") return;
  const owed = followUp({
    deployment: { id: root.id, kind, status },
    outdatedInstancesStrategy: group.settings.outdatedInstancesStrategy,
    fleet: fleet.found,
    tried: new Set([root.id, ...followers].flatMap((id) => store.deployments.targets(id).map((target) => target.id))),
    followUps: followers.length,
    launching: launching(store, group.id),
  });
  if (owed.is === "none") await store.write(() => store.followUps.settle(root.id));
  if (owed.is === "owed") await make(context, root, group);
}

function launching(store: Store, groupId: string): number {
  return store.deployments
    .live()
    .flatMap((id) => store.deployments.byId(id) ?? [])
    .filter((record) => record.groupId === groupId && record.state.kind === "launch" && !isOver(record.state)).length;
}

async function make({ store, clock, wake }: FollowUpContext, root: DeploymentRecord, group: DeploymentGroup) {
  const id = newDeploymentId();
  await store.write(() => {
    if (store.deployments.liveOf(group.id) !== undefined) return; // another deployment was faster: the next run tries again
    recordDeployment(store, {
      id,
      now: clock(),
      group,
      kind: "in-place",
      minimumHealthyHosts: root.state.minimumHealthyHosts,
      ignoreApplicationStopFailures: root.state.ignoreApplicationStopFailures,
      request: requestOf(group, {
        creator: "CodeDeployAutoUpdate",
        revision: root.request.revision,
        fileExistsBehavior: root.request.fileExistsBehavior,
        deploymentStyle: { ...root.request.deploymentStyle, deploymentType: "IN_PLACE" },
        updateOutdatedInstancesOnly: true,
        follows: root.id,
      }),
    });
  });
  wake(id);
}
