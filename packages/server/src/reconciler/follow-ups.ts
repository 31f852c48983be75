import { type Fleet, followUp, isOver } from "@sluice/engine";
import { newDeploymentId } from "../random.ts";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import type { DeploymentRecord } from "../store/deployments/records.ts";
import { revisionIdentity, type Store } from "../store/index.ts";
import { recordDeployment } from "../deployment/record-deployment.ts";
import { requestOf } from "../deployment/request.ts";

/** What follow-ups are found and made with. */
export interface FollowUpContext {
  readonly store: Store;
  readonly clock: () => number;
  /** The hosts that a group selects now; `holdsRevision` is about the deployment's. */
  readonly findFleet: (
    group: DeploymentGroup,
    record: DeploymentRecord,
    which: "selected",
  ) => Promise<Fleet | undefined>;
  readonly wake: (deploymentId: string) => void;
}

/** Looks at deployments that have succeeded, and brings up to date the instances that came while they ran (deployments.md §6.3). */
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

/** Another revision is the group's by now: its own deployment looks after the instances. */
const isSuperseded = ({ request }: DeploymentRecord, { targetRevision }: DeploymentGroup): boolean =>
  targetRevision === undefined || revisionIdentity(targetRevision) !== revisionIdentity(request.revision);

async function look(context: FollowUpContext, root: DeploymentRecord, group: DeploymentGroup): Promise<void> {
  const { store, findFleet } = context;
  const fleet = await findFleet(group, root, "selected");
  if (fleet === undefined || "error" in fleet) return; // the next round looks again
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
    if (store.deployments.liveOf(group.id) !== undefined) return; // somebody was faster: the next round looks again
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
