import { type EcsHookEvent, ecsHookEvents } from "../appspec/index.ts";
import type { Effect } from "../model/effect.ts";
import type { ServiceFacts, TargetGroupPair, TaskSetState } from "../model/ecs-plan.ts";
import { shiftsOf } from "../rules/traffic-shift.ts";
import type { Deployment, LifecycleEvent, World } from "../world.ts";

/** Returns the effect of a service's event: a gateway creates tasks, moves traffic, or invokes a hook (deployments.md §12.2). */
export function serviceEffect({ deployment, now, timeScale }: World, { name }: LifecycleEvent): Effect | undefined {
  const { ecs: plan, id: deploymentId } = deployment;
  if (plan === undefined) return undefined;
  const { service, routes } = plan;
  if (plan.restores !== undefined) return { kind: "restore service", service, routes, restores: plan.restores };
  const appSpec = ecsAppSpecOf(deployment);
  const found = originalOf(serviceFactsOf(deployment));
  if (appSpec === undefined || found === undefined) return undefined;
  const { pair, blue } = found;
  const { production, test: listener } = routes;
  if (isHook(name)) {
    // There is nothing to look at while no test traffic comes (deployments.md §12.2, step 6).
    const isIdle = name === "AfterAllowTestTraffic" && listener === undefined;
    const functionName = isIdle ? undefined : appSpec.hooks[name];
    return { kind: "run hook", deploymentId, executionId: plan.hookExecutions[name], functionName };
  }
  if (name === "Install")
    return { kind: "create task set", service, deploymentId, appSpec, blue: blue.id, pair, production };
  if (name === "AllowTestTraffic") return { kind: "route test traffic", listener, pair };
  const shifts = shiftsOf(plan.routing, now, timeScale);
  return { kind: "shift service", service, deploymentId, production, pair, shifts };
}

const isHook = (name: string): name is EcsHookEvent => (ecsHookEvents as readonly string[]).includes(name);

/** Returns the revision's AppSpec file; undefined until it has been read. */
export function ecsAppSpecOf({ ecs: plan, steps }: Pick<Deployment, "ecs" | "steps">) {
  if (plan !== undefined && "appSpec" in plan.source) return plan.source.appSpec;
  return steps.find(({ name }) => name === "read AppSpec file")?.checkpoint?.ecsAppSpec;
}

/** Returns the state of the service before the deployment; undefined until it has been read. */
export const serviceFactsOf = ({ steps }: Pick<Deployment, "steps">): ServiceFacts | undefined =>
  steps.find(({ name }) => name === "check service")?.checkpoint?.serviceFacts;

/** Returns the task set that serves before the deployment, and which target group is whose; undefined where that is not as it should be. */
export function originalOf(
  facts: ServiceFacts | undefined,
): { readonly blue: TaskSetState; readonly pair: TargetGroupPair } | undefined {
  const primary = facts?.service?.taskSets.find(({ status }) => status === "PRIMARY");
  const groups = Object.values(facts?.targetGroups ?? {});
  const green = groups.find((arn) => arn !== primary?.targetGroup);
  if (primary?.targetGroup === undefined || green === undefined || !groups.includes(primary.targetGroup))
    return undefined;
  return { blue: primary, pair: { blue: primary.targetGroup, green } };
}
