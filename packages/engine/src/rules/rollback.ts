import { restorationOf } from "../workflows/ecs.ts";
import { rollbackPlanOf } from "../workflows/lambda.ts";
import type { EcsPlan } from "../model/ecs-plan.ts";
import type { LambdaPlan } from "../model/lambda-plan.ts";
import { unrestoredRegistrations } from "../workflows/traffic.ts";
import type { Deployment, FleetMember, LifecycleEventName, Reroute, Target } from "../world.ts";

/** AWS's events that a rollback may be configured for. */
export type AutoRollbackEvent = "DEPLOYMENT_FAILURE" | "DEPLOYMENT_STOP_ON_ALARM" | "DEPLOYMENT_STOP_ON_REQUEST";

/** A deployment that has ended, with the facts that decide whether it is rolled back (deployments.md §8.1). */
export interface RollbackInput {
  readonly deployment: Deployment;
  readonly targets: readonly Target[];
  /** As in `DeploymentInfo.creator`. */
  readonly creator: string;
  /** The deployment's own configuration if it has one, else its group's. */
  readonly configuration?: { readonly enabled: boolean; readonly events: readonly AutoRollbackEvent[] };
  /** Whether the deployment group has a successful revision to go back to. */
  readonly hasLastSuccessful: boolean;
}

/** Whether a rollback is due, and its kind. See the server's `roll-back.ts` for what it inherits. */
export type Rollback =
  /** The last successful revision is deployed to all hosts again, neediest first as always (§8.2). */
  | { readonly is: "owed"; readonly kind: "in-place"; readonly because: AutoRollbackEvent }
  /** Traffic goes back to the original hosts, which still run. Without a host to move it ends at once (§7.4). */
  | { readonly is: "owed"; readonly kind: "reroute"; readonly reroute: Reroute; readonly because: AutoRollbackEvent }
  /** The original hosts have been terminated: the last successful revision needs a fleet of its own. */
  | { readonly is: "owed"; readonly kind: "blue-green"; readonly because: AutoRollbackEvent }
  /** The alias goes back to its former version at once (§11.7). */
  | { readonly is: "owed"; readonly kind: "lambda"; readonly lambda: LambdaPlan; readonly because: AutoRollbackEvent }
  /** The traffic of a service goes back to its original tasks, which still run (§12.4). */
  | { readonly is: "owed"; readonly kind: "ecs"; readonly ecs: EcsPlan; readonly because: AutoRollbackEvent }
  /** With a `message` if a rollback was to be expected: the ended deployment's `rollbackInfo.rollbackMessage`. */
  | { readonly is: "none"; readonly because: string; readonly message?: string | undefined };

/** Decides whether a deployment that has ended is rolled back. */
export function rollback(ended: RollbackInput): Rollback {
  const { deployment, creator, hasLastSuccessful } = ended;
  const event = triggerOf(deployment);
  if (event === undefined) return { is: "none", because: `the deployment has ${deployment.status}` };
  if (creator !== "user") return { is: "none", because: `deployments of ${creator} are not rolled back` };
  if (!isConfigured(ended, event)) return { is: "none", because: `nobody wants a rollback on ${event}` };
  // Unlike AWS: a deployment that has touched no instance is not a reason to deploy to the whole fleet.
  if (deployment.startTime === undefined)
    return impossible(deployment.id, "it ended before it had touched any instance, and there is nothing to roll back");
  if (deployment.kind === "blue-green") return blueGreenRollback(ended, event);
  if (deployment.kind === "lambda") return lambdaRollback(ended, event);
  if (deployment.kind === "ecs") return ecsRollback(ended, event);
  return hasLastSuccessful ? { is: "owed", kind: "in-place", because: event } : noRevision(deployment.id);
}

/** The messages of the two deployments about each other, in AWS's words (§8.3). */
export const rollbackMessages = (endedId: string, rollbackId: string) => ({
  /** With `rollbackDeploymentId`. */
  onEnded: `Deployment ${endedId} terminated. Automatic rollback is triggered with a DeploymentId ${rollbackId}.`,
  /** With `rollbackTriggeringDeploymentId`. */
  onRollback: `Deployment ${rollbackId} is triggered to roll back deployment ${endedId}.`,
});

/** Returns the event of an end. A deployment that was Ready and not continued counts as a failure (inferred). */
function triggerOf({ status, error }: RollbackInput["deployment"]): AutoRollbackEvent | undefined {
  if (status === "Failed") return "DEPLOYMENT_FAILURE";
  if (status !== "Stopped") return undefined;
  if (error?.code === "ALARM_ACTIVE") return "DEPLOYMENT_STOP_ON_ALARM";
  return error?.code === "MANUAL_STOP" ? "DEPLOYMENT_STOP_ON_REQUEST" : "DEPLOYMENT_FAILURE";
}

function isConfigured({ configuration, deployment }: RollbackInput, event: AutoRollbackEvent): boolean {
  const { rollbackOnStop } = deployment;
  if (event === "DEPLOYMENT_STOP_ON_REQUEST" && rollbackOnStop !== undefined) return rollbackOnStop;
  return configuration?.enabled === true && configuration.events.includes(event);
}

function blueGreenRollback(
  { deployment, targets, hasLastSuccessful }: RollbackInput,
  because: AutoRollbackEvent,
): Rollback {
  const hasEnded = deployment.steps.some(({ name }) => name === "end original instances");
  if (hasEnded) return hasLastSuccessful ? { is: "owed", kind: "blue-green", because } : noRevision(deployment.id);
  const moved = (label: "Blue" | "Green", event: LifecycleEventName) =>
    targets.filter((target) => target.label === label && hasBegun(target, event) && !isGone(target)).map(memberOf);
  const reroute = { back: moved("Blue", "BlockTraffic"), away: moved("Green", "AllowTraffic") };
  return { is: "owed", kind: "reroute", reroute, because };
}

function lambdaRollback({ deployment, targets }: RollbackInput, because: AutoRollbackEvent): Rollback {
  const lambda = rollbackPlanOf(deployment);
  // Unlike AWS: an alias that this deployment did not change is not changed by its rollback.
  if (lambda === undefined || !targets.some((target) => hasBegun(target, "AllowTraffic")))
    return impossible(deployment.id, "no traffic had moved, and there is nothing to roll back");
  return { is: "owed", kind: "lambda", lambda, because };
}

function ecsRollback({ deployment, targets }: RollbackInput, because: AutoRollbackEvent): Rollback {
  const ecs = restorationOf(deployment, targets);
  return ecs === undefined
    ? impossible(deployment.id, "no tasks had been started, and there is nothing to roll back")
    : { is: "owed", kind: "ecs", ecs, because };
}

const isGone = ({ events }: Target) => events.some(({ isHostGone }) => isHostGone === true);

const hasBegun = ({ events }: Target, wanted: LifecycleEventName) =>
  events.some(({ name, command }) => name === wanted && command !== undefined);

/** Returns a target as a fleet member again, with the registrations that it must get back. */
function memberOf(target: Target): FleetMember {
  const { id, arn, hostIdentifier, zone } = target;
  const deregistered = unrestoredRegistrations(target);
  return {
    id,
    arn,
    hostIdentifier,
    state: "running",
    zone,
    deregistered,
    health: "Healthy",
    revision: "Unknown",
    tieBreaker: 0,
  };
}

const noRevision = (id: string) => impossible(id, "its deployment group has no successful deployment to roll back to");

const impossible = (id: string, why: string): Rollback => ({
  is: "none",
  because: why,
  message: `Deployment ${id} terminated. It is not rolled back: ${why}.`,
});
