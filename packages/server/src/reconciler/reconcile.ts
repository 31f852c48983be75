import { advance, type Decision, type Fleet, type FleetQuery, isIdle, type World, targetOf } from "@sluice/engine";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import type { DeploymentRecord } from "../store/deployments/records.ts";
import type { Store } from "../store/index.ts";
import { applyCompletion } from "./completion.ts";
import { stateChangesOf } from "./notifications/state-changes.ts";
import { notificationsOf } from "./notifications/notifications.ts";
import { commitOf, type ExternalStateOf, type Observation, observe } from "./observation.ts";

/** What a pass needs of the world outside the store. */
export interface Shell {
  readonly store: Store;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
  /** Whether somebody listens to the event bus. */
  readonly hasEventBus: boolean;
  /** What was last seen of the world outside. */
  readonly externalStateOf: ExternalStateOf;
  /** Told of each commit within its transaction: where a deployment is at work now. */
  readonly onCommit: (after: World) => void;
  /** Looks which hosts a deployment group selects, or which replace them in a blue/green deployment. Undefined when that cannot be said yet: the next scan asks again. */
  readonly findFleet: (
    group: DeploymentGroup,
    record: DeploymentRecord,
    which: FleetQuery,
  ) => Promise<Fleet | undefined>;
  /** Wakes the polls of hosts that have a command. */
  readonly wakeHosts: (hosts: readonly string[]) => void;
  /** Hints that another deployment may have something to do. */
  readonly wake: (deploymentId: string) => void;
  /** Sees to what the service itself has to do. */
  readonly driveEffects: (deploymentId: string) => void;
  readonly log: (deploymentId: string, decision: Decision) => void;
}

/** One pass over one deployment: observe, decide and commit at the end of a transaction, so that nobody can move in between and the answers that it brings need no second one; then deliver. It takes no hint of what changed: a missed wake-up costs time, never correctness. `begins` is told when it looks. */
export async function reconcile(deploymentId: string, shell: Shell, begins = () => {}): Promise<void> {
  const { store, wakeHosts, wake, driveEffects, log } = shell;
  const passed = await store.writeAtEnd(() => {
    begins();
    return pass(deploymentId, shell);
  });
  if (passed === undefined) return;
  const { decisions, committed } = passed;
  if (committed !== undefined) {
    for (const decision of decisions) if (!isIdle(decision)) log(deploymentId, decision);
    for (const owed of committed.owed) wake(owed);
    wakeHosts(hostsToTell(decisions, committed.after));
  }
  driveEffects(deploymentId);
  const last = decisions.at(-1);
  if (last?.do === "look up fleet") await lookUpFleet(deploymentId, last.fleet, shell);
}

/** Undefined when the deployment has been deleted. */
function pass(deploymentId: string, shell: Shell) {
  const { store, clock, externalStateOf } = shell;
  const observed = observe(store, deploymentId, { now: clock(), externalStateOf });
  if (observed === undefined) return undefined;
  const { decisions, after } = advance(observed.world);
  if (decisions.every(isIdle)) return { decisions };
  const commit = commitOf(observed, after, store);
  store.deployments.commit(observed.record, commit);
  shell.onCommit(after);
  for (const notification of owedNotifications(observed, after, { ...shell, decisions }))
    store.notifications.add(notification);
  return { decisions, committed: { after, owed: applyCompletion(store, observed, after) } };
}

/** Hosts that have got a command. */
function hostsToTell(decisions: readonly Decision[], { targets }: World): readonly string[] {
  return decisions.flatMap((decision) => {
    if (decision.do !== "run" || decision.effect !== undefined) return [];
    const target = targetOf(targets, decision.target);
    return target === undefined ? [] : [target.hostIdentifier];
  });
}

async function lookUpFleet(deploymentId: string, which: FleetQuery, shell: Shell): Promise<void> {
  const { store, findFleet } = shell;
  const record = store.deployments.byId(deploymentId);
  const group = record && store.groups.byId(record.groupId);
  if (record === undefined || group === undefined) return;
  const fleet = await findFleet(group, record, which);
  if (fleet === undefined) return;
  await store.write(() => store.deployments.setFleet(deploymentId, which, fleet));
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
  const context = { region, accountId, hasEventBus, applicationName, group, record, world: after };
  return notificationsOf(stateChangesOf(world, after, decisions), context);
}
