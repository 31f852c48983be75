import { workOfFunction } from "./function-traffic.ts";
import type { LifecycleEvent, Target, World } from "./world.ts";
import type { Work } from "./work.ts";

/** What a gateway does for an event that the service itself runs; undefined for events that the host runs. */
export function workOf(world: World, target: Target, event: LifecycleEvent): Work | undefined {
  return world.deployment.kind === "lambda" ? workOfFunction(world, event) : workOfHost(world, target, event);
}

function workOfHost({ deployment }: World, target: Target, { name }: LifecycleEvent): Work | undefined {
  const { balancers = { targetGroups: [], classic: [] } } = deployment;
  // On-premises instances cannot be members of a target group of instances: nothing is to be done for them (deployments.md §5.1 rule 5).
  const mine = isInstance(target) ? balancers : { targetGroups: [], classic: [] };
  if (name === "BlockTraffic") return { work: "block traffic", instance: target.id, balancers: mine };
  if (name !== "AllowTraffic") return undefined;
  const registrations = takenOut(target);
  return {
    work: "allow traffic",
    instance: target.id,
    balancers: mine,
    ...(registrations === undefined ? {} : { registrations }),
  };
}

const isInstance = ({ arn }: Target) => arn.startsWith("arn:aws:ec2:");

/** The registrations that a host has lost and must get back: those of this deployment, or of an earlier one that did not give them back. */
export function takenOut(target: Pick<Target, "events" | "takenOut">) {
  const block = target.events.find(({ name }) => name === "BlockTraffic")?.command?.noted?.registrations;
  return block === undefined || block.length === 0 ? target.takenOut : block;
}

/** What is still taken out when the deployment is over; undefined when the host has everything back. */
export function leftOut(target: Pick<Target, "events" | "takenOut">) {
  const allowed = target.events.find(({ name }) => name === "AllowTraffic");
  return allowed?.status === "Succeeded" ? undefined : takenOut(target);
}
