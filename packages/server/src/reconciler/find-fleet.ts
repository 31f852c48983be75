import type { EC2TagFilter } from "@aws-sdk/client-codedeploy";
import { type Fleet, type FleetQuery, type FleetMember, type HostMemory, revisionHealth } from "@sluice/engine";
import type { Clients } from "../gateways/clients.ts";
import { type FleetInstance, scalingGroupInstances, taggedInstances } from "../gateways/fleet.ts";
import { newTieBreaker } from "../random.ts";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import type { DeploymentRecord } from "../store/deployments/records.ts";
import { identityInWords } from "../deployment/revision-in-words.ts";
import { revisionIdentity, type Store } from "../store/index.ts";
import { iamArnOf, type OnPremisesInstance } from "../store/on-premises-instances.ts";
import { matchesTag } from "../deployment/tag-match.ts";

export interface FleetContext {
  readonly store: Store;
  readonly clients: Clients;
  readonly region: string;
  readonly accountId: string;
}

/** What selects instances: Auto Scaling groups and tags, in addition to each other. */
interface Selectors {
  readonly scalingGroups: readonly string[];
  readonly tagSets: readonly (readonly EC2TagFilter[])[];
}

/**
 * Returns the hosts that a deployment group selects now, or those that replace them, with what the group remembers of
 * each.
 */
export async function findFleet(
  group: DeploymentGroup,
  record: DeploymentRecord,
  { query, ...context }: FleetContext & { readonly query: FleetQuery },
): Promise<Fleet> {
  const { scalingGroups, tagSets } = query.startsWith("selected") ? selectorsOf(group) : replacementOf(record);
  const { clients, store } = context;
  const instances = [
    ...(await taggedInstances(clients, tagSets)),
    ...(await scalingGroupInstances(clients, scalingGroups)),
  ];
  const distinct = [...new Map(instances.map((instance) => [instance.id, instance])).values()];
  const memories = store.deployments.memories(group.id);
  const members = [
    ...distinct.map((instance) => ({
      ...memberOf(instance, { group, memory: memories[instance.id], ...context }),
      ...holding(record, memories[instance.id]),
    })),
    // Blue/green deployments are for EC2 instances only (deployments.md §1, rule 2).
    ...(record.state.kind === "in-place" ? onPremisesInstances(group, store) : []).map((instance) => ({
      ...onPremisesMember(instance, group, memories[instance.name]),
      ...holding(record, memories[instance.name]),
    })),
  ];
  return { found: members };
}

/** Whether a host holds the deployment's revision. */
const holding = ({ request }: DeploymentRecord, memory: HostMemory<string> | undefined) => ({
  holdsRevision: memory?.installed === revisionIdentity(request.revision),
});

/**
 * Returns the registered on-premises instances that the group's tags select: any tag of the flat list, or one of each
 * set.
 */
function onPremisesInstances({ settings }: DeploymentGroup, store: Store): readonly OnPremisesInstance[] {
  const flat = settings.onPremisesInstanceTagFilters ?? [];
  const sets = flat.length > 0 ? [flat] : (settings.onPremisesTagSet ?? []);
  if (sets.length === 0) return [];
  return store.onPremises
    .all()
    .filter(({ deregisterTime }) => deregisterTime === undefined)
    .filter(({ tags }) => sets.every((set) => set.some((filter) => matchesTag(filter, tags))));
}

/**
 * An on-premises host identifies itself by the ARN with which it signs (agent.md §1). Whether it is running is not
 * known until it polls.
 */
const onPremisesMember = (
  instance: OnPremisesInstance,
  group: DeploymentGroup,
  memory: HostMemory<string> | undefined,
): FleetMember => ({
  id: instance.name,
  arn: instance.arn,
  hostIdentifier: iamArnOf(instance),
  state: "running",
  ...remembered(group, memory),
  facts: factsBefore(memory),
});

const factsBefore = (memory: HostMemory<string> | undefined) => ({
  revisionBefore: memory?.installed === undefined ? undefined : identityInWords(memory.installed),
});

/** Returns what a group remembers of a host. */
function remembered({ targetRevision }: DeploymentGroup, memory: HostMemory<string> | undefined) {
  const current = targetRevision && revisionIdentity(targetRevision);
  return {
    deregistered: memory?.deregistered,
    health: memory?.health ?? ("Unhealthy" as const),
    revision: revisionHealth(memory?.installed, current, (a, b) => a === b),
    tieBreaker: newTieBreaker(),
  };
}

/** Returns an instance as a fleet member. */
export function memberOf(
  { id, state, zone, image, instanceType, scalingGroup }: FleetInstance,
  about: {
    readonly group: DeploymentGroup;
    readonly memory: HostMemory<string> | undefined;
    readonly region: string;
    readonly accountId: string;
  },
): FleetMember {
  const { group, memory, region, accountId } = about;
  const arn = `arn:aws:ec2:${region}:${accountId}:instance/${id}`;
  return {
    id,
    arn,
    hostIdentifier: arn,
    state,
    zone,
    ...remembered(group, memory),
    facts: { image, instanceType, scalingGroup, ...factsBefore(memory) },
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
