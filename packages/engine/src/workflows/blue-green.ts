import { lifecycleEvents as events } from "../appspec/lifecycle-events.ts";
import { type Workflow, done, due, type Stage, when } from "./workflow.ts";
import { type FleetRefresh, isStillInFleet, refreshFleet } from "./fleet-changes.ts";
import { preflight } from "./preflight.ts";
import { rollOut, stateOf } from "./roll-out.ts";
import {
  addTargets,
  beginDeployment,
  workflow,
  findFleet,
  awaitHold,
  hostsOf,
  checkMinimumHealthy,
  runStep,
  stepOf,
} from "./stages.ts";
import type { BlueGreen, FleetMember, Target, World } from "../world.ts";

const minute = 60_000;

/**
 * A second fleet gets the revision, then the traffic, and the first one leaves its load balancers
 * (deployments.md §7.2).
 */
export function blueGreen(world: World): Workflow {
  const { minimumHealthyHosts, scalingGroups = [] } = world.deployment;
  const options = optionsOf(world);
  const green = hostsOf(world, "replacement");
  const blue = hostsOf(world, "selected").filter(({ id }) => green.every((host) => host.id !== id));
  return workflow([
    findFleet("selected"),
    preflight,
    beginDeployment,
    copyScalingGroup(options, scalingGroups),
    findFleet("replacement"),
    checkMinimumHealthy("replacement"),
    addTargets({ hosts: green, events: [...events.install, ...events.allowTraffic], label: "Green" }),
    addTargets({ hosts: blue, events: events.blockTraffic, label: "Blue" }),
    // Instances that join before traffic moves are installed here, too.
    rollOut({ of: isGreen, events: events.install, rule: minimumHealthyHosts }),
    when(options.readyWait !== undefined, awaitContinue(options.readyWait ?? 0)),
    refreshFleet(replacementAgain(world)),
    rollOut({ of: isInstalled, events: events.allowTraffic, rule: minimumHealthyHosts }),
    refreshFleet(originalAgain(world)),
    rollOut({ of: isBlue, events: events.blockTraffic, rule: "all at once, and none may fail" }),
    resumeCopied,
    moveDeploymentGroup(options, scalingGroups),
    when(options.blueInstances === "TERMINATE", endOriginalInstances(options, scalingGroups)),
  ]);
}

function optionsOf({ deployment }: World): BlueGreen {
  if (deployment.blueGreen === undefined) throw new Error("A blue/green deployment has blue/green options"); // CreateDeployment records them
  return deployment.blueGreen;
}

/**
 * Replacement instances that have joined since the first query. Those that another deployment has installed need
 * traffic only.
 */
function replacementAgain(world: World): FleetRefresh {
  const hosts = hostsOf(world, "replacementAgain");
  const isReady = ({ holdsRevision, health }: FleetMember) => holdsRevision === true && health === "Healthy";
  return {
    label: "Green",
    query: "replacementAgain",
    because: "traffic is about to move to the replacement instances, and some may have come or gone",
    mayBeEmpty: false,
    joined: [
      [hosts.filter(isReady), events.allowTraffic],
      [hosts.filter((host) => !isReady(host)), [...events.install, ...events.allowTraffic]],
    ],
  };
}

/** Original instances that have joined leave with the others. */
function originalAgain(world: World): FleetRefresh {
  const replacements = new Set(
    [...hostsOf(world, "replacementAgain"), ...world.targets.filter(({ label }) => label === "Green")].map(
      ({ id }) => id,
    ),
  );
  const hosts = hostsOf(world, "selectedAgain").filter(({ id }) => !replacements.has(id));
  return {
    label: "Blue",
    query: "selectedAgain",
    because: "the original instances are about to leave, and some may have come or gone",
    mayBeEmpty: true,
    joined: [[hosts, events.blockTraffic]],
  };
}

const isGreen = (target: Target, world: World) => target.label === "Green" && isStillInFleet(target, world);
const isBlue = (target: Target, world: World) => target.label === "Blue" && isStillInFleet(target, world);
const isInstalled = (target: Target, world: World) =>
  isGreen(target, world) && stateOf(world, target, events.install) === "succeeded";

function copyScalingGroup({ provisioning, copyName = "" }: BlueGreen, [from = ""]: readonly string[]): Stage {
  return (world) =>
    provisioning === "COPY_AUTO_SCALING_GROUP"
      ? runStep("copy Auto Scaling group", {
          kind: "copy Auto Scaling group",
          from,
          to: copyName,
          deploymentId: world.deployment.id,
        })(world)
      : done;
}

const awaitContinue = (milliseconds: number): Stage =>
  awaitHold("READY_WAIT", {
    milliseconds,
    onTimeout: "stop",
    because: "the replacement instances are ready, and wait for ContinueDeployment",
  });

/**
 * Processes that were suspended when the copy was made resume, now that the original instances are out of the load
 * balancers.
 */
const resumeCopied: Stage = (world) => {
  const suspended = stepOf(world, "copy Auto Scaling group")?.checkpoint?.suspended;
  return suspended === undefined ? done : runStep("resume processes", { kind: "resume processes", suspended })(world);
};

const moveDeploymentGroup = ({ copyName }: BlueGreen, from: readonly string[]): Stage =>
  runStep("move deployment group", {
    kind: "move deployment group",
    from,
    to: copyName === undefined ? [] : [copyName],
  });

/** Terminates the original instances after a wait. A failure to do so is a warning, and does not fail the deployment (inferred). */
function endOriginalInstances({ terminationWait }: BlueGreen, scalingGroups: readonly string[]): Stage {
  const wait = awaitHold("TERMINATION_WAIT", {
    milliseconds: terminationWait,
    onTimeout: "go on",
    because: `traffic has moved, and the original instances end ${terminationWait / minute} ${terminationWait === minute ? "minute" : "minutes"} after that`,
  });
  return (world) => {
    if (terminationWait > 0) {
      const waiting = wait(world);
      if (waiting.is !== "done") return waiting;
    }
    const instances = world.targets.filter((target) => isBlue(target, world)).map(({ id }) => id);
    const ended = runStep("end original instances", { kind: "end original instances", scalingGroups, instances })(
      world,
    );
    if (ended.is !== "failed") return ended;
    const because = `The original instances could not be ended: ${ended.error.message}`;
    return world.deployment.notes.includes(because) ? done : due({ do: "warn", because });
  };
}
