import type { Decision } from "../decision.ts";
import { isEnding } from "./ending.ts";
import { missing } from "../messages/messages.ts";
import { stepOf } from "../workflows/stages.ts";
import { unrestoredRegistrations } from "../workflows/traffic.ts";
import type { World } from "../world.ts";

/**
 * Stops a deployment whose application, deployment group or revision has been deleted, whatever it waits for: nothing
 * new begins, and running scripts end (deployments.md §3.1). The time is recorded, as with an alarm.
 */
export function stopWhenDeleted(world: World): readonly Decision[] {
  const { missing: what, startTime } = world.deployment;
  if (what === undefined || isEnding(world)) return [];
  const error = missing(what, startTime !== undefined);
  return [{ do: "stop", as: "Failed", error, because: error.message }];
}

/**
 * Returns what such a deployment leaves behind without an owner, one sentence each, with the command that removes it.
 */
export function leftBehind(world: World): readonly string[] {
  const { deployment } = world;
  if (deployment.missing === undefined) return [];
  return [...leftCopy(world), ...deregisteredHosts(world), ...suspendedProcesses(world)];
}

function leftCopy(world: World): readonly string[] {
  const name = world.deployment.blueGreen?.copyName;
  // The capacity is in the checkpoint before the group is created.
  if (name === undefined || stepOf(world, "copy Auto Scaling group")?.checkpoint?.capacity === undefined) return [];
  return [
    `Left behind: the Auto Scaling group ${name}, which this deployment has made. To remove it with its instances: aws autoscaling delete-auto-scaling-group --force-delete --auto-scaling-group-name ${name}`,
  ];
}

/** How many hosts a message names; nobody reads a thousand. */
const namedMax = 20;

function deregisteredHosts({ targets }: World): readonly string[] {
  const ids = targets.filter((target) => (unrestoredRegistrations(target)?.length ?? 0) > 0).map(({ id }) => id);
  if (ids.length === 0) return [];
  const more = ids.length > namedMax ? ` and ${ids.length - namedMax} more` : "";
  return [
    `Left behind: ${ids.slice(0, namedMax).join(", ")}${more}, out of the load balancers. Register them again where they are to serve`,
  ];
}

function suspendedProcesses(world: World): readonly string[] {
  const resumed = stepOf(world, "resume processes");
  if (resumed?.status !== "Failed" || resumed.effect.kind !== "resume processes") return [];
  return Object.entries(resumed.effect.suspended)
    .filter(([, processes]) => processes.length > 0)
    .map(
      ([group, processes]) =>
        `Left behind: ${processes.join(", ")} of the Auto Scaling group ${group} suspended. To resume: aws autoscaling resume-processes --auto-scaling-group-name ${group} --scaling-processes ${processes.join(" ")}`,
    );
}
