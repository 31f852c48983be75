import type { LambdaAppSpec, LambdaHookEvent } from "./appspec/index.ts";
import { shiftsOf } from "./traffic-shift.ts";
import type { Work } from "./work.ts";
import type { LifecycleEvent, Target, World } from "./world.ts";

/** What a gateway does for an event of a function: it calls a hook, or moves the traffic. */
export function workOfFunction({ deployment, now, timeScale }: World, { name }: LifecycleEvent): Work | undefined {
  const { lambda: plan, id: deploymentId } = deployment;
  const noted = (step: string) => deployment.steps.find((one) => one.name === step)?.noted;
  const appSpec: LambdaAppSpec | undefined =
    plan !== undefined && "appSpec" in plan.source ? plan.source.appSpec : noted("read AppSpec file")?.appSpec;
  const alias = noted("check function")?.functionFacts?.alias;
  if (plan === undefined || appSpec === undefined || alias === undefined) return undefined;
  if (isHook(name)) {
    const functionName = appSpec.hooks[name];
    const executionId = plan.hookExecutions[name];
    return { work: "run hook", deploymentId, executionId, ...(functionName === undefined ? {} : { functionName }) };
  }
  const { functionName, targetVersion, currentVersion = alias.version } = appSpec;
  return {
    work: "shift traffic",
    ...{ functionName, alias: appSpec.alias, currentVersion, targetVersion },
    // A deployment that is rolled back may have changed the alias after anybody has looked.
    ...(plan.restores === true ? {} : { before: alias }),
    shifts: shiftsOf(plan.routing, now, timeScale),
  };
}

const isHook = (name: string): name is LambdaHookEvent => name === "BeforeAllowTraffic" || name === "AfterAllowTraffic";

/** When traffic moves next; undefined when it does not. */
export function nextShiftAt({ events }: Target, now: number): number | undefined {
  const work = events.find(({ status }) => status === "InProgress")?.command?.work;
  return work?.work === "shift traffic" ? work.shifts.find(({ at }) => at > now)?.at : undefined;
}
