import type { EcsAppSpec } from "../appspec/index.ts";
import type { EcsPlan, ServiceFacts, ServiceName, TaskSetState } from "../model/ecs-plan.ts";
import * as messages from "../messages/ecs-messages.ts";
import { hookMissing } from "../messages/lambda-messages.ts";
import { greenPercent, isDivisible, routesOf, targetGroupName } from "../rules/route-weights.ts";
import { run } from "../target.ts";
import { nextShiftAt } from "./function-traffic.ts";
import { resumeScaling, suspendScaling } from "./service-scaling.ts";
import { ecsAppSpecOf, originalOf, serviceFactsOf } from "./service-traffic.ts";
import { awaitHold, beginDeployment, onlyTarget, readAppSpecFile, runStep, stepOf, workflow } from "./stages.ts";
import { type Workflow, done, due, failed, type Progress, type Stage, when } from "./workflow.ts";
import type { Deployment, ErrorInformation, LifecycleEventName, Step, Target, World } from "../world.ts";

const minute = 60_000;

/** The events of a deployment to a service, all of which are shown whether they have something to do or not (deployments.md §2.2). */
export const serviceEvents = [
  "BeforeInstall",
  "Install",
  "AfterInstall",
  "AllowTestTraffic",
  "AfterAllowTestTraffic",
  "BeforeAllowTraffic",
  "AllowTraffic",
  "AfterAllowTraffic",
] as const satisfies readonly LifecycleEventName[];

/**
 * A second task set is created, gets the traffic, and the first one ends (deployments.md §12.2). Everything is checked
 * before anything is made.
 */
export function ecs(world: World): Workflow {
  const { deployment } = world;
  const plan = planOf(deployment);
  // A rollback has one thing to do, and no hooks (inferred: AWS's takes three seconds).
  if (plan.restores !== undefined) return workflow([beginDeployment, addService(["AllowTraffic"]), runEvents(plan)]);
  const appSpec = ecsAppSpecOf(deployment);
  const stages = [
    readAppSpecFile(plan.source, "ECS"),
    appSpec === undefined ? () => done : checkService(appSpec, plan),
    beginDeployment,
    clearLeftovers(plan),
    suspendScaling(plan),
    addService(serviceEvents),
    runEvents(plan),
    // The wait for the original tasks' end may take days.
    resumeScaling,
    when(plan.originalTasks === "TERMINATE", endOriginalTasks(plan)),
  ];
  return workflow(stages, [resumeScaling]);
}

function planOf({ ecs: plan }: Deployment): EcsPlan {
  if (plan === undefined) throw new Error("An ECS deployment has a plan"); // the server records it with the deployment
  return plan;
}

function checkService(appSpec: EcsAppSpec, plan: EcsPlan): Stage {
  const { service, routes } = plan;
  const { taskDefinition, hooks } = appSpec;
  const effect = { kind: "check service", service, routes, taskDefinition, hooks: Object.values(hooks) } as const;
  return runStep("check service", effect, ({ checkpoint }: Step): Progress => {
    const facts = checkpoint?.serviceFacts;
    const reason = facts && (troubleOf(facts, plan) ?? revisionTrouble(facts, appSpec));
    return reason === undefined ? done : failed(reason);
  });
}

/** Why the service cannot be deployed to; the most basic reason comes first. */
function troubleOf(facts: ServiceFacts, plan: EcsPlan): ErrorInformation | undefined {
  const { service, targetGroups } = facts;
  if (facts.isClusterMissing === true) return messages.clusterMissing(plan.service);
  if (service === undefined) return messages.serviceMissing(plan.service);
  if (service.status !== "ACTIVE") return messages.serviceNotActive(service);
  if (service.controller !== "CODE_DEPLOY") return messages.otherController(service);
  const primary = service.taskSets.find(({ status }) => status === "PRIMARY");
  if (primary === undefined) return messages.noPrimary(service);
  const missing = plan.routes.targetGroups.filter((name) => targetGroups[name] === undefined);
  if (missing.length > 0) return messages.targetGroupsMissing(missing);
  if (originalOf(facts) === undefined) return messages.servesFrom(primary, plan.routes.targetGroups);
  return trafficTrouble(facts, plan) ?? leftoverTrouble(facts, plan);
}

function trafficTrouble(facts: ServiceFacts, { routes, routing }: EcsPlan): ErrorInformation | undefined {
  const { pair } = originalOf(facts) ?? {};
  if (pair === undefined) return undefined;
  const listeners = [
    [routes.production, facts.production],
    [routes.test, facts.test],
  ] as const;
  for (const [arn, listener] of listeners) {
    if (arn === undefined) continue;
    if (listener === undefined) return messages.listenerMissing(arn);
    if (!isDivisible(listener) && routing.type !== "AllAtOnce") return messages.notDivisible(arn, listener);
    const relevant = routesOf(listener, pair);
    if (relevant.length === 0 || relevant.some((route) => greenPercent(route, pair) !== 0))
      return messages.forwardsElsewhere(arn, listener, pair);
  }
  return undefined;
}

function leftoverTrouble({ service }: ServiceFacts, { clearsLeftovers }: EcsPlan): ErrorInformation | undefined {
  const left = leftoversOf(service?.taskSets ?? []);
  return service === undefined || left.length === 0 || clearsLeftovers ? undefined : messages.leftovers(service, left);
}

/** Task sets beside the primary one, but for those that are ending. */
const leftoversOf = (taskSets: readonly TaskSetState[]): readonly TaskSetState[] =>
  taskSets.filter(({ status }) => status !== "PRIMARY" && status !== "DRAINING");

function revisionTrouble(facts: ServiceFacts, appSpec: EcsAppSpec): ErrorInformation | undefined {
  const { containers, missingHooks } = facts;
  if (facts.isTaskDefinitionMissing === true) return messages.taskDefinitionMissing(appSpec.taskDefinition);
  const container = containers?.find(({ name }) => name === appSpec.containerName);
  if (containers !== undefined && container === undefined) return messages.containerMissing(appSpec, containers);
  if (container !== undefined && !container.ports.includes(appSpec.containerPort))
    return messages.portMissing(appSpec, container);
  const [hook] = missingHooks;
  return hook === undefined ? undefined : hookMissing(hook);
}

function clearLeftovers({ service }: EcsPlan): Stage {
  return (world) => {
    const ids = leftoversOf(serviceFactsOf(world.deployment)?.service?.taskSets ?? []).map(({ id }) => id);
    return ids.length === 0
      ? done
      : runStep("delete leftover task sets", { kind: "delete task sets", service, ids })(world);
  };
}

/** Adds the service as the only target. */
function addService(events: readonly LifecycleEventName[]): Stage {
  return ({ deployment, targets }) => {
    if (targets.length > 0) return done;
    const { service, restores } = planOf(deployment);
    const id = targetIdOf(service);
    const arn = restores?.serviceArn ?? serviceFactsOf(deployment)?.service?.arn ?? id;
    const because =
      restores === undefined
        ? "its tasks are to be replaced"
        : `its tasks from before ${restores.deploymentId} are to serve again`;
    return due({ do: "add targets", targets: [onlyTarget({ id, arn })], events, because });
  };
}

/** AWS's id of the target: cluster and service by name (api.md §3.4). */
const targetIdOf = ({ cluster, service }: ServiceName): string => `${lastPart(cluster)}:${lastPart(service)}`;

const lastPart = (nameOrArn: string): string => nameOrArn.slice(nameOrArn.lastIndexOf("/") + 1);

/**
 * Runs the service's events; the outcome of its target is the outcome of the deployment (deployments.md §3.4 rule 2).
 * It waits for ContinueDeployment when it is Ready, before BeforeAllowTraffic (inferred).
 */
function runEvents({ readyWait = 0 }: EcsPlan): Stage {
  const gate = awaitHold("READY_WAIT", {
    milliseconds: readyWait,
    onTimeout: "stop",
    because: "the replacement tasks are ready, and wait for ContinueDeployment",
  });
  return (world) => {
    const [target] = world.targets;
    const next = target?.events.find(({ status }) => status === "Pending");
    if (target === undefined) return done;
    switch (target.status) {
      case "Pending":
        return begin(world, target, "the service and its traffic are as they should be");
      case "Ready": {
        const progress = gate(world);
        return progress.is === "done" && next !== undefined
          ? begin(world, target, "the deployment has been continued")
          : progress;
      }
      case "Succeeded":
        return done;
      case "Failed":
      case "Skipped":
      case "Unknown":
        return failed(messages.serviceFailed(target));
      default:
        return { is: "waiting", for: "", until: nextShiftAt(target, world.now) };
    }
  };
}

function begin(world: World, target: Target, because: string): Progress {
  const event = target.events.find(({ status }) => status === "Pending");
  return event === undefined ? done : due(run(world, target, { event, because }));
}

/** Ends the original tasks after a wait. That it could not is a warning, not a failure (inferred). */
function endOriginalTasks({ service, terminationWait }: EcsPlan): Stage {
  const wait = awaitHold("TERMINATION_WAIT", {
    milliseconds: terminationWait,
    onTimeout: "go on",
    because: `traffic has moved, and the original tasks end ${terminationWait / minute} ${terminationWait === minute ? "minute" : "minutes"} after that`,
  });
  return (world) => {
    const waiting = terminationWait > 0 ? wait(world) : done;
    if (waiting.is !== "done") return waiting;
    const { blue } = originalOf(serviceFactsOf(world.deployment)) ?? {};
    if (blue === undefined) return done;
    const ended = runStep("delete original task set", { kind: "delete task sets", service, ids: [blue.id] })(world);
    if (ended.is !== "failed") return ended;
    const because = `The original tasks could not be ended: ${ended.error.message}`;
    return world.deployment.notes.includes(because) ? done : due({ do: "warn", because });
  };
}

/** A task set as a deployment's target shows it. */
export interface ShownTaskSet extends TaskSetState {
  readonly label: "Blue" | "Green";
  /** Share of the production traffic, in percent. */
  readonly weight: number;
}

/** Returns the task sets of a deployment to a service as they were last seen, with the weights of now. */
export function taskSetsOf(
  { id, ecs: plan, steps }: Pick<Deployment, "id" | "ecs" | "steps">,
  { events }: Pick<Target, "events">,
): readonly ShownTaskSet[] {
  const facts = serviceFactsOf({ steps });
  const of = (name: LifecycleEventName) => events.find((event) => event.name === name)?.command?.checkpoint;
  const ended = stepOf({ deployment: { steps } }, "delete original task set")?.checkpoint?.taskSets;
  const seen = ended ?? of("AllowTraffic")?.taskSets ?? of("Install")?.taskSets ?? facts?.service?.taskSets ?? [];
  const percent = of("AllowTraffic")?.shifted?.percent ?? 0;
  const blueId = plan?.restores?.blue ?? originalOf(facts)?.blue.id;
  const greenOf = plan?.restores?.deploymentId ?? id;
  return seen.flatMap((set): readonly ShownTaskSet[] => {
    const name = set.targetGroup && targetGroupName(set.targetGroup);
    const shown = { ...set, targetGroup: name };
    if (set.id === blueId) return [{ ...shown, label: "Blue", weight: 100 - percent }];
    return set.externalId === greenOf ? [{ ...shown, label: "Green", weight: percent }] : [];
  });
}

/** Returns the plan that takes a service back to its original task set; undefined when the deployment has never made another. */
export function restorationOf(
  deployment: Pick<Deployment, "id" | "ecs" | "steps">,
  [target]: readonly Target[],
): EcsPlan | undefined {
  const facts = serviceFactsOf(deployment);
  const original = originalOf(facts);
  const hasBegun = target?.events.some(({ name, command }) => name === "Install" && command !== undefined) ?? false;
  const { ecs: plan } = deployment;
  if (plan === undefined || original === undefined || facts?.service === undefined || !hasBegun) return undefined;
  const { blue, pair } = original;
  return {
    ...plan,
    routing: { type: "AllAtOnce" },
    readyWait: undefined,
    restores: { deploymentId: deployment.id, serviceArn: facts.service.arn, blue: blue.id, pair },
  };
}
