import { nearestName } from "../messages/did-you-mean.ts";
import type { LambdaAppSpec } from "../appspec/index.ts";
import { lifecycleEvents } from "../appspec/lifecycle-events.ts";
import { type Workflow, done, due, failed, type Progress, type Stage } from "./workflow.ts";
import type { LambdaPlan } from "../model/lambda-plan.ts";
import {
  aliasBusy,
  aliasMissing,
  aliasPointsElsewhere,
  aliasWeighted,
  functionFailed,
  functionMissing,
  functionOrAliasMissing,
  hookMissing,
  sameVersion,
  versionMissing,
} from "../messages/lambda-messages.ts";
import { beginDeployment, onlyTarget, readAppSpecFile, workflow, runStep } from "./stages.ts";
import { run } from "../target.ts";
import { functionFactsOf, lambdaAppSpecOf, nextShiftAt } from "./function-traffic.ts";
import type { Deployment, Step, Target, World } from "../world.ts";

/**
 * The events of a deployment to a function. Hooks run before and after; the service itself moves the traffic
 * (deployments.md §2.2).
 */
const functionEvents = lifecycleEvents.allowTraffic;

/**
 * The traffic of an alias moves from one version to another (deployments.md §11.3). Everything is checked before
 * anything moves.
 */
export function lambda(world: World): Workflow {
  const plan = planOf(world);
  const { isRollback = false } = plan;
  const appSpec = lambdaAppSpecOf(world.deployment);
  return workflow([
    readAppSpecFile(plan.source),
    appSpec === undefined ? () => done : checkFunction(appSpec, { plan, isRollback }),
    beginDeployment,
    appSpec === undefined ? () => done : addFunction(appSpec),
    shift,
  ]);
}

/** Returns what the deployment has to do. */
export function planOf({ deployment }: World): LambdaPlan {
  if (deployment.lambda === undefined) throw new Error("A Lambda deployment has a plan"); // the server records it with the deployment
  return deployment.lambda;
}

function checkFunction(appSpec: LambdaAppSpec, { plan, isRollback }: { plan: LambdaPlan; isRollback: boolean }): Stage {
  const { functionName, alias, currentVersion, targetVersion, hooks } = appSpec;
  const versions = [...(currentVersion === undefined ? [] : [currentVersion]), targetVersion];
  const effect = { kind: "check function", functionName, alias, versions, hooks: Object.values(hooks) } as const;
  return runStep("check function", effect, (found, world) => judge(found, world, { appSpec, plan, isRollback }));
}

/** Whether the deployment is possible; the most basic reason against it comes first (deployments.md §11.5). */
function judge(
  { checkpoint }: Step,
  { aliasShiftedBy, targets }: World,
  { appSpec, plan, isRollback }: { appSpec: LambdaAppSpec; plan: LambdaPlan; isRollback: boolean },
): Progress {
  const facts = checkpoint?.functionFacts;
  if (facts === undefined) return done;
  const { functionName, alias, currentVersion, targetVersion } = appSpec;
  if (facts.alias === undefined && facts.isDenied === true) return failed(functionOrAliasMissing(appSpec));
  if (facts.arn === undefined) return failed(functionMissing(functionName));
  if (facts.alias === undefined) return failed(aliasMissing(appSpec, nearestName(alias, facts.aliases)));
  const [missing] = facts.missing;
  if (missing !== undefined) return failed(versionMissing(functionName, missing));
  const [hook] = facts.missingHooks;
  if (hook !== undefined) return failed(hookMissing(hook));
  if (isRollback) return done;
  const current = currentVersion ?? facts.alias.version;
  if (current === targetVersion) return failed(sameVersion(targetVersion));
  // Once this deployment moves traffic, the others have to wait.
  if (aliasShiftedBy !== undefined && targets.length === 0)
    return failed(aliasBusy(appSpec, facts.alias, aliasShiftedBy));
  const isWeighted = Object.keys(facts.alias.weights).length > 0;
  if (isWeighted && !plan.adoptsWeightedAlias) return failed(aliasWeighted(appSpec, facts.alias));
  return facts.alias.version === current ? done : failed(aliasPointsElsewhere(appSpec, facts.alias, current));
}

/** Adds the function as the only target. */
function addFunction({ functionName, alias, targetVersion }: LambdaAppSpec): Stage {
  return (world) => {
    if (world.targets.length > 0) return done;
    const arn = functionFactsOf(world.deployment)?.arn ?? functionName;
    const because = `the alias ${alias} is to lead to version ${targetVersion}`;
    return due({
      do: "add targets",
      targets: [onlyTarget({ id: functionName, arn })],
      events: functionEvents,
      because,
    });
  };
}

/**
 * Runs the function's events; the outcome of its target is the outcome of the deployment (deployments.md §3.4 rule 2).
 */
const shift: Stage = (world) => {
  const [target] = world.targets;
  const [first] = target?.events ?? [];
  if (target === undefined || first === undefined) return done;
  switch (target.status) {
    case "Pending":
      return due(run(world, target, { event: first, because: "the function and its alias are as they should be" }));
    case "Succeeded":
      return done;
    case "Failed":
    case "Skipped":
    case "Unknown":
      return failed(functionFailed(target));
    default: {
      const until = nextShiftAt(target, world.now);
      return { is: "waiting", for: "", until };
    }
  }
};

/**
 * Returns which versions of which alias a deployment shifts, and how much of the traffic has moved, in percent.
 * Undefined until the alias has been read.
 */
export function shiftOf(deployment: Pick<Deployment, "lambda" | "steps">, { events }: Pick<Target, "events">) {
  const appSpec = lambdaAppSpecOf(deployment);
  const aliasBefore = functionFactsOf(deployment)?.alias;
  if (appSpec === undefined || aliasBefore === undefined) return undefined;
  const { functionName, alias, targetVersion, currentVersion = aliasBefore.version } = appSpec;
  const percent = events.find(({ name }) => name === "AllowTraffic")?.command?.checkpoint?.shifted?.percent ?? 0;
  return { functionName, alias, currentVersion, targetVersion, percent };
}

/**
 * Returns the plan that takes an alias back to its version before a deployment; undefined when the deployment has never
 * read it.
 */
export function rollbackPlanOf(deployment: Pick<Deployment, "lambda" | "steps">): LambdaPlan | undefined {
  const shift = shiftOf(deployment, { events: [] });
  const { lambda: plan } = deployment;
  if (plan === undefined || shift === undefined) return undefined;
  const { functionName, alias, currentVersion, targetVersion } = shift;
  return {
    ...plan,
    source: {
      appSpec: { functionName, alias, currentVersion: targetVersion, targetVersion: currentVersion, hooks: {} },
    },
    routing: { type: "AllAtOnce" },
    isRollback: true,
  };
}
