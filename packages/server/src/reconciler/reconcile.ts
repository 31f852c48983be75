import { decide, type Decision, evolveAll, type Fleet, type FleetLook, type World } from "@sluice/engine";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import type { DeploymentRecord } from "../store/deployments.ts";
import type { Store } from "../store/index.ts";
import { keepBooks } from "./books.ts";
import { momentsOf } from "./moments.ts";
import { notificationsOf } from "./notifications.ts";
import { commitOf, type Look, type Observation, observe } from "./world.ts";

/** What a pass needs of the world outside the store. */
export interface Shell {
  readonly store: Store;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
  /** Whether somebody listens to the event bus. */
  readonly hasEventBus: boolean;
  /** What was last seen of the world outside. */
  readonly look: Look;
  /** Told of each commit: where a deployment is at work now. */
  readonly moved: (after: World) => void;
  /** Looks which hosts a deployment group selects, or which replace them in a blue/green deployment. */
  readonly findFleet: (group: DeploymentGroup, record: DeploymentRecord, which: FleetLook) => Promise<Fleet>;
  /** Wakes the polls of hosts that have a command. */
  readonly wakeHosts: (hosts: readonly string[]) => void;
  /** Hints that another deployment may have something to do. */
  readonly wake: (deploymentId: string) => void;
  /** Sees to what the service itself has to do. */
  readonly pursueWork: (deploymentId: string) => void;
  readonly log: (deploymentId: string, decision: Decision) => void;
}

/** One pass over one deployment: observe, decide, commit, deliver. It takes no hint of what changed: a missed wake-up costs time, never correctness. */
export async function reconcile(deploymentId: string, shell: Shell): Promise<void> {
  const { store, clock, wakeHosts, wake, pursueWork, log } = shell;
  const observed = observe(store, deploymentId, { now: clock(), look: shell.look });
  if (observed === undefined) return;
  const decisions = decide(observed.world);
  const changes = decisions.filter((decision) => decision.do !== "wait" && decision.do !== "look up fleet");
  if (changes.length > 0) {
    const after = evolveAll(observed.world, decisions);
    const commit = commitOf(observed, after, { ...shell, decisions });
    const committed = await store.write(() => {
      if (!store.deployments.commit(observed.record, commit)) return undefined;
      for (const notification of owedNotifications(observed, after, { ...shell, decisions }))
        store.notifications.add(notification);
      return keepBooks(store, observed, after);
    });
    if (committed === undefined) return reconcile(deploymentId, shell); // somebody moved first: look again
    store.deployments.committed(observed.record, commit);
    shell.moved(after);
    for (const decision of changes) log(deploymentId, decision);
    for (const owed of committed) wake(owed);
    wakeHosts(commit.issued.map(({ host }) => host));
  }
  pursueWork(deploymentId);
  const last = decisions.at(-1);
  if (last?.do === "look up fleet") await lookUpFleet(deploymentId, last.fleet, shell);
}

async function lookUpFleet(deploymentId: string, which: FleetLook, shell: Shell): Promise<void> {
  const { store, findFleet } = shell;
  const record = store.deployments.byId(deploymentId);
  const group = record && store.groups.byId(record.groupId);
  if (record === undefined || group === undefined) return;
  const fleet = await findFleet(group, record, which);
  await store.write(() => store.deployments.noteFleet(deploymentId, which, fleet));
  await reconcile(deploymentId, shell);
}

/** Messages are written with what they tell of, and delivered later. */
function owedNotifications(
  { record, world }: Observation,
  after: World,
  { store, region, accountId, hasEventBus, decisions }: Shell & { readonly decisions: readonly Decision[] },
) {
  const group = store.groups.byId(record.groupId);
  const applicationName = store.applications.byId(record.applicationId)?.name ?? "";
  if (group === undefined) return [];
  const sender = { region, accountId, hasEventBus, applicationName, group, record, world: after };
  return notificationsOf(momentsOf(world, after, decisions), sender);
}
