import { advance, type Decision, type Fleet, type FleetQuery, isIdle, type World, targetOf } from "@sluice/engine";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import type { DeploymentRecord } from "../store/deployments/records.ts";
import type { Store } from "../store/index.ts";
import { eventsOfPass } from "../event-log/events-of-pass.ts";
import { applyCompletion } from "./completion.ts";
import { stateChangesOf } from "./notifications/state-changes.ts";
import { notificationsOf } from "./notifications/notifications.ts";
import { commitOf, type ExternalStateOf, type Observation, observe } from "./observation.ts";

/** What a pass needs apart from the store. */
export interface Shell {
  readonly store: Store;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
  /** Whether the event bus has a listener. */
  readonly hasEventBus: boolean;
  /** Returns the external state of a deployment, as last observed. */
  readonly externalStateOf: ExternalStateOf;
  /** Called for each commit, within its transaction. */
  readonly onCommit: (after: World) => void;
  /** Queries a fleet of a deployment. Undefined when there is no result yet: the next scan tries again. */
  readonly findFleet: (
    group: DeploymentGroup,
    record: DeploymentRecord,
    which: FleetQuery,
  ) => Promise<Fleet | undefined>;
  /** Wakes the polls of hosts that have a command. */
  readonly wakeHosts: (hosts: readonly string[]) => void;
  /** Hints that another deployment may have something to do. */
  readonly wake: (deploymentId: string) => void;
  /** Drives the deployment's effects. */
  readonly driveEffects: (deploymentId: string) => void;
  readonly log: (deploymentId: string, decision: Decision) => void;
  /** Told what each pass has taken on the event loop, in milliseconds. */
  readonly onPass?: ((milliseconds: number) => void) | undefined;
}

/**
 * Makes one pass over a deployment as the last job of the transaction, so that reports and their consequences share one
 * commit: observe, decide, commit, then deliver. A pass takes no hint of what has changed: a missed wake-up costs time,
 * never correctness. `onStart` is called when the pass reads the world.
 */
export async function reconcile(deploymentId: string, shell: Shell, onStart = () => {}): Promise<void> {
  const { store, wakeHosts, wake, driveEffects, log } = shell;
  const passed = await store.writeAtEnd(() => {
    onStart();
    const startedAt = performance.now();
    const made = pass(deploymentId, shell);
    shell.onPass?.(performance.now() - startedAt);
    return made;
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

/** Returns undefined when the deployment has been deleted. */
function pass(deploymentId: string, shell: Shell) {
  const { store, clock, externalStateOf } = shell;
  const observed = observe(store, deploymentId, { now: clock(), externalStateOf });
  if (observed === undefined) return undefined;
  const { decisions, after } = advance(observed.world);
  if (decisions.every(isIdle)) return { decisions };
  const commit = commitOf(observed, after, store);
  store.deployments.commit(observed.record, commit);
  for (const event of eventsOfPass(observed.world, decisions)) store.events.append(event);
  shell.onCommit(after);
  for (const notification of owedNotifications(observed, after, { ...shell, decisions }))
    store.notifications.add(notification);
  return { decisions, committed: { after, owed: applyCompletion(store, observed, after) } };
}

/** Returns the hosts that have got a command. */
function hostsToTell(decisions: readonly Decision[], { targets }: World): readonly string[] {
  return decisions.flatMap((decision) => {
    if (decision.do !== "run" || decision.effect !== undefined) return [];
    const target = targetOf(targets, decision.target);
    return target === undefined ? [] : [target.hostIdentifier];
  });
}

async function lookUpFleet(deploymentId: string, which: FleetQuery, shell: Shell): Promise<void> {
  const { store, findFleet, clock } = shell;
  const record = store.deployments.byId(deploymentId);
  const group = record && store.groups.byId(record.groupId);
  if (record === undefined || group === undefined) return;
  const fleet = await findFleet(group, record, which);
  if (fleet === undefined) return;
  await store.write(() => store.deployments.setFleet(deploymentId, which, fleet, clock()));
  await reconcile(deploymentId, shell);
}

/** Messages are recorded in the transaction of the state change, and delivered later. */
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
