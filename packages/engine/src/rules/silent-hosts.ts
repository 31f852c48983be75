import { agentIssueOf } from "./last-seen.ts";
import { blockedBy } from "./host-contention.ts";
import { isOutstanding } from "../target.ts";
import type { Target, World } from "../world.ts";

/** How many hosts a message names; nobody reads a thousand. */
const namedMax = 10;

/**
 * How long a newly launched instance may take until its agent polls for the first time before it is reported as silent.
 */
const bootMilliseconds = 5 * 60_000;

/**
 * Returns one sentence for each host that the deployment waits for and whose agent is silent. That is known long before
 * it fails an event.
 */
export function silentHosts(world: World): readonly string[] {
  const silent = world.targets.flatMap((target) => {
    const sentence = sentenceAbout(world, target);
    return sentence === undefined ? [] : [sentence];
  });
  const more = silent.length - namedMax;
  return [...silent.slice(0, namedMax), ...(more > 0 ? [`${more} more instances are silent as well`] : [])];
}

function sentenceAbout(world: World, target: Target): string | undefined {
  const event = target.events.find(isOutstanding);
  if (event?.command === undefined || event.status !== "Pending" || event.command.effect !== undefined)
    return undefined;
  if (blockedBy(world, target) !== undefined) return undefined;
  const mayBoot = world.deployment.kind === "launch" || target.label === "Green";
  if (mayBoot && world.now < event.command.issuedAt + bootMilliseconds) return undefined;
  const issue = agentIssueOf(world, target);
  return issue === undefined
    ? undefined
    : `${target.id} has not picked up ${event.name}: ${issue}. Check that the agent is running on the instance, that it reaches this server, and that its credentials are valid`;
}
