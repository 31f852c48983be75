import type { LambdaAppSpec, LambdaHookEvent } from "../appspec/index.ts";
import { shiftsOf } from "../rules/traffic-shift.ts";
import type { Effect } from "../model/effect.ts";
import type { FunctionFacts } from "../model/lambda-plan.ts";
import type { Deployment, LifecycleEvent, Target, World } from "../world.ts";

/** Returns the effect of a function's event: a gateway invokes a hook, or moves the traffic. */
export function functionEffect({ deployment, now, timeScale }: World, { name }: LifecycleEvent): Effect | undefined {
  const { lambda: plan, id: deploymentId } = deployment;
  const appSpec = lambdaAppSpecOf(deployment);
  const alias = functionFactsOf(deployment)?.alias;
  if (plan === undefined || appSpec === undefined || alias === undefined) return undefined;
  if (isHook(name)) {
    const functionName = appSpec.hooks[name];
    const executionId = plan.hookExecutions[name];
    return { kind: "run hook", deploymentId, executionId, functionName };
  }
  const { functionName, targetVersion, currentVersion = alias.version } = appSpec;
  return {
    kind: "shift traffic",
    functionName,
    alias: appSpec.alias,
    currentVersion,
    targetVersion,
    // The deployment that is rolled back may have changed the alias since it was read.
    before: plan.isRollback === true ? undefined : alias,
    shifts: shiftsOf(plan.routing, now, timeScale),
  };
}

const isHook = (name: string): name is LambdaHookEvent => name === "BeforeAllowTraffic" || name === "AfterAllowTraffic";

/** Returns the revision's AppSpec file; undefined until it has been read. */
export function lambdaAppSpecOf({
  lambda: plan,
  steps,
}: Pick<Deployment, "lambda" | "steps">): LambdaAppSpec | undefined {
  if (plan !== undefined && "appSpec" in plan.source) return plan.source.appSpec;
  return steps.find(({ name }) => name === "read AppSpec file")?.checkpoint?.appSpec;
}

/** Returns the function and its alias as they were before the deployment; undefined until they have been read. */
export const functionFactsOf = ({ steps }: Pick<Deployment, "steps">): FunctionFacts | undefined =>
  steps.find(({ name }) => name === "check function")?.checkpoint?.functionFacts;

/** Returns when traffic moves next; undefined when it does not. */
export function nextShiftAt({ events }: Target, now: number): number | undefined {
  const effect = events.find(({ status }) => status === "InProgress")?.command?.effect;
  return effect?.kind === "shift traffic" || effect?.kind === "shift service"
    ? effect.shifts.find(({ at }) => at > now)?.at
    : undefined;
}
