import { type Fleet, revisionHealth } from "@sluice/engine";
import type { fleetGateway } from "../gateways/fleet.ts";
import { newLot } from "../random.ts";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import { revisionIdentity, type Store } from "../store/index.ts";

/** Where a fleet is looked up. */
export interface FleetSources {
  readonly store: Store;
  readonly gateway: ReturnType<typeof fleetGateway>;
  readonly region: string;
  readonly accountId: string;
}

/** The hosts that a deployment group selects now, with what the group remembers of each. */
export async function findFleet(
  { id: groupId, settings, targetRevision }: DeploymentGroup,
  sources: FleetSources,
): Promise<Fleet> {
  const { store, gateway, region, accountId } = sources;
  // The flat list is one set: any of its tags will do.
  const flat = settings.ec2TagFilters ?? [];
  const found = await gateway.find(flat.length > 0 ? [flat] : (settings.ec2TagSet ?? []));
  const memories = store.deployments.memories(groupId);
  const current = targetRevision && revisionIdentity(targetRevision);
  return {
    found: found.map(({ id, state }) => {
      const arn = `arn:aws:ec2:${region}:${accountId}:instance/${id}`;
      const memory = memories[id];
      const revision = revisionHealth(memory?.installed, current, (a, b) => a === b);
      return { id, arn, hostIdentifier: arn, state, health: memory?.health ?? "Unhealthy", revision, lot: newLot() };
    }),
  };
}
