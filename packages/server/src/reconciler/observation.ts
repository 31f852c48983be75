import {
  bringsRevision,
  type Deployment,
  healthAfter,
  type HostMemory,
  isOver,
  unrestoredRegistrations,
  shiftOf,
  type World,
} from "@sluice/engine";
import { revisionIdentity, type Store } from "../store/index.ts";
import type { Commit } from "../store/deployments/changes.ts";
import type { DeploymentRecord } from "../store/deployments/records.ts";

/** A deployment with everything on which a decision about it may depend. */
export interface Observation {
  readonly record: DeploymentRecord;
  readonly world: World;
}

/** Returns the external state of a deployment, as last observed. */
export type ExternalStateOf = (deploymentId: string) => ExternalState;

/** The external state of a deployment: what is not in the store, as last observed. */
export type ExternalState = Pick<World, "instanceStates" | "alarms" | "lastSeen" | "contention" | "timeScale">;

/** Reads the world of a deployment; undefined when it has been deleted. */
export function observe(
  store: Store,
  id: string,
  { now, externalStateOf }: { readonly now: number; readonly externalStateOf: ExternalStateOf },
): Observation | undefined {
  const record = store.deployments.byId(id);
  if (record === undefined) return undefined;
  const { state } = record;
  const missing = missingOf(store, record);
  const world: World = {
    now,
    deployment: missing === undefined || isOver(state) ? state : { ...state, missing },
    targets: store.deployments.targets(id),
    reports: store.commands.newReports(id),
    aliasShiftedBy: aliasShiftedBy(store, record),
    ...externalStateOf(id),
    fleets: store.deployments.fleets(id),
  };
  return { record, world };
}

/** Returns what of a deployment has been deleted since. */
function missingOf(store: Store, { applicationId, groupId }: DeploymentRecord): Deployment["missing"] {
  if (store.applications.isDeleted(applicationId)) return "APPLICATION_MISSING";
  return store.groups.byId(groupId) === undefined ? "DEPLOYMENT_GROUP_MISSING" : undefined;
}

/** Returns the other deployment that is shifting this one's alias now. */
function aliasShiftedBy(store: Store, { id, state }: DeploymentRecord): string | undefined {
  const shift = state.kind === "lambda" ? shiftOf(state, { events: [] }) : undefined;
  if (shift === undefined) return undefined;
  return store.deployments.live().find((other) => {
    const record = other === id ? undefined : store.deployments.byId(other);
    const [target] = record?.state.kind === "lambda" ? store.deployments.targets(other) : [];
    const isShifting = target?.events.some(({ name, status }) => name === "AllowTraffic" && status === "InProgress");
    const its = record === undefined || isShifting !== true ? undefined : shiftOf(record.state, { events: [] });
    return its?.alias === shift.alias && plainName(its.functionName) === plainName(shift.functionName);
  });
}

/** Returns the name of a function that may be given by its ARN. */
const plainName = (functionName: string): string => functionName.split(":").at(-1) ?? functionName;

/** Returns what decisions change in the store. */
export function commitOf({ record, world }: Observation, after: World, store: Store): Commit {
  return {
    before: world,
    after,
    version: record.version,
    // Only at the end itself: a report that comes later would find the memories of a later deployment.
    memories: isOver(after.deployment) && !isOver(world.deployment) ? memoriesAfter(record, after, store) : {},
  };
}

/** Returns what the deployment group remembers of the hosts of a deployment that has ended (deployments.md §4.1). */
function memoriesAfter(
  { groupId, request }: DeploymentRecord,
  { deployment, targets }: World,
  store: Store,
): Readonly<Record<string, HostMemory<string>>> {
  if (!isOver(deployment)) return {};
  if (deployment.kind === "lambda" || deployment.kind === "ecs") return {}; // functions and services are no hosts
  if (store.groups.byId(groupId) === undefined) return {}; // the group has been deleted
  const memories = store.deployments.memories(groupId);
  const current = store.groups.byId(groupId)?.targetRevision;
  const revision = revisionIdentity(request.revision);
  return Object.fromEntries(
    targets.map((target) => {
      const before = memories[target.id];
      const wasCurrent = current !== undefined && before?.installed === revisionIdentity(current);
      const deregistered = unrestoredRegistrations(target);
      const after = bringsRevision(deployment, target)
        ? healthAfter(before, target, { outcome: deployment.status, revision, wasCurrent })
        : { health: before?.health ?? "Unhealthy", ...before };
      return [target.id, deregistered === undefined ? after : { ...after, deregistered }];
    }),
  );
}
