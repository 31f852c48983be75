import { functionEffect } from "./function-traffic.ts";
import type { LifecycleEvent, Target, World } from "../world.ts";
import type { Effect } from "../effect.ts";

/** What a gateway does for an event that the service itself runs; undefined for events that the host runs. */
export function effectOf(world: World, target: Target, event: LifecycleEvent): Effect | undefined {
  return world.deployment.kind === "lambda" ? functionEffect(world, event) : hostEffect(world, target, event);
}

function hostEffect({ deployment }: World, target: Target, { name }: LifecycleEvent): Effect | undefined {
  const { balancers = { targetGroups: [], classic: [] } } = deployment;
  // On-premises instances cannot be members of a target group of instances: nothing is to be done for them (deployments.md §5.1 rule 5).
  const mine = isInstance(target) ? balancers : { targetGroups: [], classic: [] };
  if (name === "BlockTraffic") return { kind: "block traffic", instance: target.id, balancers: mine };
  if (name !== "AllowTraffic") return undefined;
  const registrations = lostRegistrations(target);
  return {
    kind: "allow traffic",
    instance: target.id,
    balancers: mine,
    registrations,
  };
}

const isInstance = ({ arn }: Target) => arn.startsWith("arn:aws:ec2:");

/** The registrations that a host has lost and must get back: those of this deployment, or of an earlier one that did not give them back. */
export function lostRegistrations(target: Pick<Target, "events" | "deregistered">) {
  const block = target.events.find(({ name }) => name === "BlockTraffic")?.command?.checkpoint?.registrations;
  return block === undefined || block.length === 0 ? target.deregistered : block;
}

/** What is still taken out when the deployment is over; undefined when the host has everything back. */
export function unrestoredRegistrations(target: Pick<Target, "events" | "deregistered">) {
  const allowed = target.events.find(({ name }) => name === "AllowTraffic");
  return allowed?.status === "Succeeded" ? undefined : lostRegistrations(target);
}
