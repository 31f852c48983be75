import type { EC2TagFilter } from "@aws-sdk/client-codedeploy";
import { type Fleet, type FleetMember, type HostMemory, revisionHealth } from "@sluice/engine";
import type { Clients } from "../gateways/clients.ts";
import { type FoundInstance, scalingGroupInstances, taggedInstances } from "../gateways/fleet.ts";
import { newLot } from "../random.ts";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import type { DeploymentRecord } from "../store/deployments.ts";
import { revisionIdentity, type Store } from "../store/index.ts";

/** Where a fleet is looked up. */
export interface FleetSources {
  readonly store: Store;
  readonly clients: Clients;
  readonly region: string;
  readonly accountId: string;
}

/** What selects instances: Auto Scaling groups and tags, added up. */
interface Selectors {
  readonly scalingGroups: readonly string[];
  readonly tagSets: readonly (readonly EC2TagFilter[])[];
}

/** The hosts that a deployment group selects now, or those that replace them, with what the group remembers of each. */
export async function findFleet(
  group: DeploymentGroup,
  record: DeploymentRecord,
  { which, ...sources }: FleetSources & { readonly which: "selected" | "replacement" },
): Promise<Fleet> {
  const { scalingGroups, tagSets } = which === "selected" ? selectorsOf(group) : replacementOf(record);
  const { clients, store } = sources;
  const found = [
    ...(await taggedInstances(clients, tagSets)),
    ...(await scalingGroupInstances(clients, scalingGroups)),
  ];
  const distinct = [...new Map(found.map((instance) => [instance.id, instance])).values()];
  const memories = store.deployments.memories(group.id);
  return {
    found: distinct.map((instance) => memberOf(instance, { group, memory: memories[instance.id], ...sources })),
  };
}

/** A host as the engine knows it. */
export function memberOf(
  { id, state, zone }: FoundInstance,
  about: {
    readonly group: DeploymentGroup;
    readonly memory: HostMemory<string> | undefined;
    readonly region: string;
    readonly accountId: string;
  },
): FleetMember {
  const { group, memory, region, accountId } = about;
  const arn = `arn:aws:ec2:${region}:${accountId}:instance/${id}`;
  const current = group.targetRevision && revisionIdentity(group.targetRevision);
  return {
    id,
    arn,
    hostIdentifier: arn,
    state,
    ...(zone === undefined ? {} : { zone }),
    ...(memory?.takenOut === undefined ? {} : { takenOut: memory.takenOut }),
    health: memory?.health ?? "Unhealthy",
    revision: revisionHealth(memory?.installed, current, (a, b) => a === b),
    lot: newLot(),
  };
}

function selectorsOf({ settings }: DeploymentGroup): Selectors {
  // The flat list is one set: any of its tags will do.
  const flat = settings.ec2TagFilters ?? [];
  return {
    scalingGroups: settings.autoScalingGroups ?? [],
    tagSets: flat.length > 0 ? [flat] : (settings.ec2TagSet ?? []),
  };
}

function replacementOf({ state, request }: DeploymentRecord): Selectors {
  const copy = state.blueGreen?.copyName;
  if (copy !== undefined) return { scalingGroups: [copy], tagSets: [] };
  const { tagFilters = [], autoScalingGroups = [], ec2TagSet } = request.targetInstances ?? {};
  return {
    scalingGroups: autoScalingGroups,
    tagSets: tagFilters.length > 0 ? [tagFilters] : (ec2TagSet?.ec2TagSetList ?? []),
  };
}
