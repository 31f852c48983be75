import { disruptionBudget } from "../rules/minimum-healthy-hosts.ts";
import { type Workflow, done, due, failed, type Progress, type Stage } from "./workflow.ts";
import { healthConstraintsInvalid, noInstances, overMaxInstances, readyTimeout } from "../messages/messages.ts";
import { isOutdated } from "../rules/outdated.ts";
import { byZone, startOrder } from "../rules/start-order.ts";
import { targetsMax } from "../rules/time-limits.ts";
import type {
  ErrorInformation,
  FleetQuery,
  FleetMember,
  HoldName,
  LifecycleEventName,
  Outcome,
  Step,
  StepName,
  World,
} from "../world.ts";
import type { Effect } from "../model/effect.ts";
import type { AppSpecObject } from "../model/lambda-plan.ts";

// The stages of which workflows are made.

/** Queries a fleet, which must have hosts, but not too many. */
export function findFleet(which: FleetQuery, because = `nobody has looked which hosts are ${which}`): Stage {
  return (world) => {
    const fleet = world.fleets?.[which];
    if (fleet === undefined) return due({ do: "look up fleet", fleet: which, because });
    if ("error" in fleet) return failed(fleet.error);
    const hosts = hostsOf(world, which);
    if (hosts.length === 0) return world.deployment.outdatedOnly && fleet.found.length > 0 ? done : failed(noInstances);
    return hosts.length > targetsMax ? failed(overMaxInstances(hosts.length, targetsMax)) : done;
  };
}

/**
 * Returns the hosts of a fleet in start order. Stopped instances are among them, and fail; terminated ones are not
 * (deployments.md §1, rule 11).
 */
export function hostsOf(world: World, which: FleetQuery): readonly FleetMember[] {
  const fleet = world.fleets?.[which];
  if (fleet === undefined || "error" in fleet) return [];
  const { kind, zonal, outdatedOnly } = world.deployment;
  const isOutdatedOnly = kind === "in-place" && outdatedOnly === true;
  const hosts = fleet.found.filter((member) => isAlive(member) && (!isOutdatedOnly || isOutdated(member)));
  return zonal === undefined ? startOrder(hosts) : byZone(startOrder(hosts));
}

/** Whether an instance runs, or may run again. */
export const isAlive = ({ state }: FleetMember): boolean => state !== "terminated" && state !== "shutting-down";

/** Fails if minimum healthy hosts leave no host to begin with (deployments.md §4.3 rule 1). */
export function checkMinimumHealthy(which: FleetQuery): Stage {
  return (world) => {
    const hosts = hostsOf(world, which).length;
    if (hosts === 0) return done; // there is nothing to do
    const { minimumHealthyHosts } = world.deployment;
    const { minimumHealthy, unavailable } = disruptionBudget(minimumHealthyHosts, hosts);
    return unavailable > 0 ? done : failed(healthConstraintsInvalid(minimumHealthyHosts, hosts, minimumHealthy));
  };
}

/** Makes the deployment InProgress. */
export const beginDeployment: Stage = ({ deployment }) =>
  deployment.startTime === undefined ? due({ do: "begin", because: "everything that it needs is there" }) : done;

/** Makes hosts targets of the deployment. */
export function addTargets(plan: {
  readonly hosts: readonly FleetMember[];
  readonly events: readonly LifecycleEventName[];
  readonly label?: "Blue" | "Green" | undefined;
}): Stage {
  const { hosts, events, label } = plan;
  return ({ targets }) => {
    const added = new Set(targets.map(({ id }) => id));
    const missing = hosts.filter(({ id }) => !added.has(id));
    if (missing.length === 0) return done;
    const many = missing.length === 1 ? "1 host takes" : `${missing.length} hosts take`;
    const because = `${many} part${label === undefined ? "" : ` as ${label}`}`;
    return due({ do: "add targets", targets: missing, events, label, because });
  };
}

/** Has a gateway perform an effect for the deployment as a whole. `judge` may reject its result. */
export function runStep(
  name: StepName,
  effect: Effect,
  judge: (step: Step, world: World) => Progress = () => done,
): Stage {
  return (world) => {
    const step = stepOf(world, name);
    if (step === undefined) return due({ do: "start step", step: name, effect, because: `it is time to ${name}` });
    switch (step.status) {
      case "InProgress":
        return { is: "waiting", for: step.progress ?? name };
      case "Failed":
        return failed(step.error ?? unknownError(step));
      case "Succeeded":
        return judge(step, world);
    }
  };
}

/** Reads the AppSpec file of a function or a service, where it is not in the revision itself. */
export const readAppSpecFile = (
  source: { readonly appSpec: unknown } | { readonly object: AppSpecObject },
  platform?: "ECS",
): Stage =>
  "object" in source
    ? runStep("read AppSpec file", { kind: "read AppSpec file", object: source.object, platform })
    : () => done;

/** Returns a function or a service as the only target of its deployment: no instance, and always there. */
export const onlyTarget = ({ id, arn }: Pick<FleetMember, "id" | "arn">): FleetMember => ({
  id,
  arn,
  hostIdentifier: arn,
  state: "running",
  tieBreaker: 0,
  health: "Healthy",
  revision: "Unknown",
});

/** Returns the last step of this name. */
export const stepOf = (
  { deployment }: { readonly deployment: Pick<World["deployment"], "steps"> },
  name: StepName,
): Step | undefined => deployment.steps.findLast((candidate) => candidate.name === name);

const unknownError = ({ name }: Step): ErrorInformation => ({
  code: "INTERNAL_ERROR",
  message: `The deployment failed because it could not ${name}`,
});

/** Makes the deployment as a whole wait, until the time is over or someone continues it. */
export function awaitHold(
  name: HoldName,
  { milliseconds, onTimeout, because }: { milliseconds: number; onTimeout: "go on" | "stop"; because: string },
): Stage {
  return ({ deployment, now, timeScale = 1 }) => {
    const entered = deployment.holds.find((candidate) => candidate.name === name);
    if (entered === undefined) return due({ do: "hold", hold: name, until: now + milliseconds / timeScale, because });
    if (entered.endedAt !== undefined) return done;
    if (deployment.continueRequestedAt?.[name] !== undefined)
      return due({ do: "release", hold: name, because: "somebody has asked to go on" });
    if (now < entered.until) return { is: "waiting", for: because, until: entered.until };
    if (onTimeout === "go on") return due({ do: "release", hold: name, because: "the time is over" });
    return { is: "failed", as: "Stopped", error: readyTimeout(milliseconds / 60_000) };
  };
}

/** Resumes the processes that a step has suspended, however the deployment ends. */
export const resumeProcesses: Stage = (world) => {
  const suspended = stepOf(world, "suspend processes")?.checkpoint?.suspended;
  return suspended === undefined ? done : runStep("resume processes", { kind: "resume processes", suspended })(world);
};

/** Returns a workflow whose cleanup does not depend on the outcome. */
export const workflow = (stages: readonly Stage[], afterwards: readonly Stage[] = []): Workflow => ({
  stages,
  cleanupStages: (_outcome: Outcome) => afterwards,
});
