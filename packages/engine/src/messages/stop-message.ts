import { shiftOf } from "../workflows/lambda.ts";
import type { LifecycleEvent, Target, World } from "../world.ts";

/** An event in progress, with its target. */
interface UnderWay {
  readonly target: Target;
  readonly event: LifecycleEvent;
}

/**
 * Returns what a request to stop means for a deployment as it is now: what runs to its end, what is withdrawn, what
 * stays as it is.
 */
export function stopMessage(world: Pick<World, "deployment" | "targets">): string {
  const events = world.targets.flatMap((target) => target.events.map((event) => ({ target, event })));
  const open = events.filter(({ event }) => event.command !== undefined && isOpen(event));
  const byService = open.filter(({ event }) => event.command?.effect !== undefined);
  const onHosts = open.filter(({ event }) => event.command?.effect === undefined);
  const running = onHosts.filter(({ event }) => event.status === "InProgress");
  const untaken = onHosts.filter(({ event }) => event.status === "Pending");
  const sentences = [
    ...describe(
      running,
      "run to their end, and their outcome is recorded",
      "runs to its end, and its outcome is recorded",
    ),
    ...describe(untaken, "were not picked up yet, and are withdrawn", "was not picked up yet, and is withdrawn"),
    ...byService.map((one) => ofService(world, one)),
    ...(open.length === 0 ? [nothingRuns(world, events)] : []),
  ];
  return `Nothing new begins. ${sentences.join(". ")}`;
}

const isOpen = ({ status }: LifecycleEvent) => status === "Pending" || status === "InProgress";

/** How many events the message names; nobody reads a thousand. */
const namedMax = 5;

function describe(events: readonly UnderWay[], many: string, one: string): readonly string[] {
  if (events.length === 0) return [];
  const named = events.slice(0, namedMax).map(({ target, event }) => `${event.name} on ${target.id}`);
  const more = events.length > namedMax ? ` and ${events.length - namedMax} more` : "";
  return [`${named.join(", ")}${more} ${events.length === 1 ? one : many}`];
}

function ofService({ deployment }: Pick<World, "deployment">, { target, event }: UnderWay): string {
  const effect = event.command?.effect;
  switch (effect?.kind) {
    case "shift traffic": {
      const { percent = 0, alias = effect.alias } = shiftOf(deployment, target) ?? {};
      return `The alias "${alias}" stays where it is: ${percent} % of its traffic on version ${effect.targetVersion}`;
    }
    case "shift service": {
      const { percent = 0 } = event.command?.checkpoint?.shifted ?? {};
      return `The production listener stays where it is: ${percent} % of its traffic on the replacement tasks`;
    }
    case "create task set":
      return "The replacement tasks stay as they are, unless the deployment is rolled back";
    case "run hook":
      return effect.functionName === undefined
        ? `${event.name} has nothing to do`
        : `The result of the function ${effect.functionName} is not waited for`;
    default:
      return `${event.name} on ${target.id} is not waited for: what it has begun stays as it is`;
  }
}

function nothingRuns({ deployment }: Pick<World, "deployment">, events: readonly UnderWay[]): string {
  const held = deployment.holds.find(({ endedAt }) => endedAt === undefined);
  if (held?.name === "READY_WAIT") return "The deployment was waiting for ContinueDeployment: no traffic has moved";
  if (held?.name === "TERMINATION_WAIT")
    return "The original instances are not ended: traffic stays with the replacement";
  if (deployment.lambda !== undefined || deployment.ecs !== undefined) return "No traffic has moved";
  const isTouched = events.some(({ event }) => event.command !== undefined);
  return isTouched ? "No lifecycle event is under way" : "No instance was touched";
}
