import type { TriggerEventType } from "@aws-sdk/client-codedeploy";
import { type Decision, type Deployment, type Target, targetOf, type World } from "@sluice/engine";

/** A state change that is published. */
export type StateChange =
  | { readonly about: "deployment"; readonly state: DeploymentState; readonly deployment: Deployment }
  | { readonly about: "instance"; readonly state: InstanceState; readonly target: Target };

type DeploymentState = "START" | "SUCCESS" | "FAILURE" | "STOP" | "READY";
type InstanceState = "START" | "SUCCESS" | "FAILURE" | "READY";

/** The trigger events, by state change (deployments.md §10.2). */
export const triggerEvents = {
  deployment: {
    START: "DeploymentStart",
    SUCCESS: "DeploymentSuccess",
    FAILURE: "DeploymentFailure",
    STOP: "DeploymentStop",
    READY: "DeploymentReady",
  },
  instance: { START: "InstanceStart", SUCCESS: "InstanceSuccess", FAILURE: "InstanceFailure", READY: "InstanceReady" },
} as const satisfies Record<StateChange["about"], Readonly<Record<string, TriggerEventType>>>;

/** Returns the state changes among a pass's decisions. */
export function stateChangesOf(before: World, after: World, decisions: readonly Decision[]): readonly StateChange[] {
  const started = new Set<string>();
  return decisions.flatMap((decision): readonly StateChange[] => {
    switch (decision.do) {
      case "begin":
        return [{ about: "deployment", state: "START", deployment: after.deployment }];
      case "hold":
        return decision.hold === "READY_WAIT"
          ? [{ about: "deployment", state: "READY", deployment: after.deployment }]
          : [];
      case "finish":
        return [{ about: "deployment", state: endStates[decision.as], deployment: after.deployment }];
      case "run": {
        const target = targetOf(after.targets, decision.target);
        if (target === undefined || started.has(target.id) || hasBegun(targetOf(before.targets, target.id))) return [];
        started.add(target.id);
        return [{ about: "instance", state: "START", target }];
      }
      case "settle target": {
        const target = targetOf(after.targets, decision.target);
        const state = targetStates[decision.as];
        return target === undefined || state === undefined ? [] : [{ about: "instance", state, target }];
      }
      default:
        return [];
    }
  });
}

const hasBegun = (target: Target | undefined): boolean =>
  target?.events.some(({ command }) => command !== undefined) === true;

const endStates = { Succeeded: "SUCCESS", Failed: "FAILURE", Stopped: "STOP" } as const;

/** A skipped target is not published (inferred). */
const targetStates = {
  Succeeded: "SUCCESS",
  Failed: "FAILURE",
  Unknown: "FAILURE",
  Ready: "READY",
  Skipped: undefined,
} as const;
