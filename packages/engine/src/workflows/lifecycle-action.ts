import { lifecycleEvents as events } from "../appspec/lifecycle-events.ts";
import { type Workflow, done, due, type Stage } from "./workflow.ts";
import { rollOut } from "./roll-out.ts";
import { addTargets, beginDeployment, findFleet, hostsOf, runStep, stepOf } from "./stages.ts";
import { heartbeatInterval } from "../rules/time-limits.ts";
import type { LifecycleAction, LifecycleEventName, Outcome, World } from "../world.ts";

/**
 * A new instance gets the last successful revision before it serves. If that fails, it is abandoned
 * (deployments.md §6.2).
 */
export function launch(world: World): Workflow {
  const { balancers } = world.deployment;
  const planned = balancers === undefined ? events.install : [...events.install, ...events.allowTraffic];
  return oneInstance(world, planned, (outcome) => (outcome === "Succeeded" ? "CONTINUE" : "ABANDON"));
}

/**
 * An instance that is about to terminate leaves its load balancers and stops its application. It terminates in any case
 * (§6.4).
 */
export function termination(world: World): Workflow {
  const { balancers } = world.deployment;
  const planned: readonly LifecycleEventName[] =
    balancers === undefined ? ["ApplicationStop"] : [...events.blockTraffic, "ApplicationStop"];
  return oneInstance(world, planned, () => "CONTINUE");
}

function oneInstance(
  world: World,
  planned: readonly LifecycleEventName[],
  resultOf: (outcome: Outcome) => "CONTINUE" | "ABANDON",
): Workflow {
  const action = actionOf(world);
  return {
    stages: [
      findFleet("selected"),
      beginDeployment,
      addTargets({ hosts: hostsOf(world, "selected"), events: planned }),
      heartbeat(action),
      // The one instance must succeed, whatever the group's configuration says (§4.3 rule 11).
      rollOut({ of: () => true, events: planned, rule: { type: "MOST_CONCURRENCY", value: 1 } }),
    ],
    cleanupStages: (outcome) => [
      runStep("complete lifecycle action", { kind: "complete lifecycle action", result: resultOf(outcome), ...action }),
    ],
  };
}

function actionOf({ deployment }: World): LifecycleAction {
  if (deployment.lifecycleAction === undefined) throw new Error("A launch or termination deployment has its action"); // the reconciler makes them with it
  return deployment.lifecycleAction;
}

/** Returns when the next heartbeat is due; undefined when none is, or one is in progress. */
export function heartbeatDueAt(world: World): number | undefined {
  if (world.deployment.lifecycleAction === undefined) return undefined;
  const last = stepOf(world, "record heartbeat");
  if (last?.status === "InProgress") return undefined;
  return (last?.startTime ?? world.deployment.startTime ?? world.now) + heartbeatInterval;
}

/** Sends a heartbeat to Auto Scaling from time to time. No other stage waits for it. */
function heartbeat(action: LifecycleAction): Stage {
  return (world) => {
    if (world.now < (heartbeatDueAt(world) ?? Number.POSITIVE_INFINITY)) return done;
    const effect = { kind: "record heartbeat", ...action } as const;
    return due({
      do: "start step",
      step: "record heartbeat",
      effect,
      because: "the instance waits for its deployment",
    });
  };
}
