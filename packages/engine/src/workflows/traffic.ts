import { functionEffect } from "./function-traffic.ts";
import { serviceEffect } from "./service-traffic.ts";
import type { LifecycleEvent, Target, World } from "../world.ts";
import type { Effect } from "../model/effect.ts";

/** Returns the effect of an event that the service itself runs; undefined for events that the host runs. */
export function effectOf(world: World, target: Target, event: LifecycleEvent): Effect | undefined {
  switch (world.deployment.kind) {
    case "lambda":
      return functionEffect(world, event);
    case "ecs":
      return serviceEffect(world, event);
    default:
      return hostEffect(world, target, event);
  }
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

/**
 * Returns the registrations that a host must get back: those that this deployment has removed, or an earlier one that
 * did not restore them.
 */
export function lostRegistrations(target: Pick<Target, "events" | "deregistered">) {
  const block = target.events.find(({ name }) => name === "BlockTraffic")?.command?.checkpoint?.registrations;
  return block === undefined || block.length === 0 ? target.deregistered : block;
}

/**
 * Returns the registrations that have not been restored when the deployment is over; undefined when the host has
 * everything back.
 */
export function unrestoredRegistrations(target: Pick<Target, "events" | "deregistered">) {
  const allowed = target.events.find(({ name }) => name === "AllowTraffic");
  return allowed?.status === "Succeeded" ? undefined : lostRegistrations(target);
}
