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

/** Everything that a decision about a deployment may depend on. */
export interface Observation {
  readonly record: DeploymentRecord;
  readonly world: World;
}

/** What was last seen of the world outside, of a deployment. */
export type ExternalStateOf = (deploymentId: string) => ExternalState;

/** What was last seen of the world outside. */
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

/** What a deployment was made of that somebody has deleted since. */
function missingOf(store: Store, { applicationId, groupId }: DeploymentRecord): Deployment["missing"] {
  if (store.applications.isDeleted(applicationId)) return "APPLICATION_MISSING";
  return store.groups.byId(groupId) === undefined ? "DEPLOYMENT_GROUP_MISSING" : undefined;
}

/** The deployment that is shifting the alias of this one. */
function aliasShiftedBy(store: Store, { id, state }: DeploymentRecord): string | undefined {
  const own = state.kind === "lambda" ? shiftOf(state, { events: [] }) : undefined;
  if (own === undefined) return undefined;
  return store.deployments.live().find((other) => {
    const record = other === id ? undefined : store.deployments.byId(other);
    const [target] = record?.state.kind === "lambda" ? store.deployments.targets(other) : [];
    const isShifting = target?.events.some(({ name, status }) => name === "AllowTraffic" && status === "InProgress");
    const its = record === undefined || isShifting !== true ? undefined : shiftOf(record.state, { events: [] });
    return its?.alias === own.alias && plainName(its.functionName) === plainName(own.functionName);
  });
}

/** The name alone, of a function that may be named by its ARN. */
const plainName = (functionName: string): string => functionName.split(":").at(-1) ?? functionName;

/** What decisions change in the store. */
export function commitOf({ record, world }: Observation, after: World, store: Store): Commit {
  return {
    before: world,
    after,
    version: record.version,
    // Only at the end itself: an answer that comes later finds memories of a later deployment.
    memories: isOver(after.deployment) && !isOver(world.deployment) ? memoriesAfter(record, after, store) : {},
  };
}

/** What the deployment group remembers of the hosts of a deployment that has ended (deployments.md §4.1). */
function memoriesAfter(
  { groupId, request }: DeploymentRecord,
  { deployment, targets }: World,
  store: Store,
): Readonly<Record<string, HostMemory<string>>> {
  if (!isOver(deployment)) return {};
  if (deployment.kind === "lambda") return {}; // a function is no host
  if (store.groups.byId(groupId) === undefined) return {}; // nobody remembers any more
  const known = store.deployments.memories(groupId);
  const current = store.groups.byId(groupId)?.targetRevision;
  const revision = revisionIdentity(request.revision);
  return Object.fromEntries(
    targets.map((target) => {
      const before = known[target.id];
      const wasCurrent = current !== undefined && before?.installed === revisionIdentity(current);
      const deregistered = unrestoredRegistrations(target);
      const after = bringsRevision(deployment, target)
        ? healthAfter(before, target, { outcome: deployment.status, revision, wasCurrent })
        : { health: before?.health ?? "Unhealthy", ...before };
      return [target.id, deregistered === undefined ? after : { ...after, deregistered }];
    }),
  );
}
