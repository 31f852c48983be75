import { healthOf, isHealthy, isPending, isWanted, type Task } from "../tasks/task.ts";
import { type Service, type TaskSet, wantedCount } from "./service.ts";

/** What a decision may depend on beside the service and its tasks. */
export interface Facts {
  readonly now: number;
  /** What a target group says of a task: undefined where it is not registered, or nothing is sent to the group. */
  readonly targetTrouble: (task: Task) => TargetTrouble | undefined;
  /** Whether every target group that sends something to a task finds it healthy. */
  readonly isServing: (task: Task) => boolean;
  /** How long a task may need before load balancers and health checks judge it, in milliseconds. */
  readonly graceMilliseconds: number;
}

/** What a target group holds against a task. */
export interface TargetTrouble {
  readonly group: string;
  readonly port: number;
  readonly why: string;
}

/** One thing that is to be done for a service. */
export type Decision =
  | { readonly do: "launch"; readonly set: string; readonly count: number }
  | { readonly do: "stop"; readonly set: string; readonly tasks: readonly string[]; readonly why: StopReason }
  | { readonly do: "settle"; readonly set: string; readonly isSteady: boolean }
  | { readonly do: "forget failures"; readonly set: string }
  | { readonly do: "complete rollout"; readonly set: string }
  | { readonly do: "fail rollout"; readonly set: string }
  | { readonly do: "drop task set"; readonly set: string }
  | { readonly do: "end service" };

/** Why a service stops a task of its own. */
export type StopReason =
  | { readonly kind: "surplus" }
  | { readonly kind: "container health" }
  | { readonly kind: "target health"; readonly trouble: TargetTrouble };

/** What is to be done for a service now. Nothing means that it waits: for tasks, for targets, or for a user. */
export function decide(service: Service, tasks: readonly Task[], facts: Facts): readonly Decision[] {
  if (service.status === "INACTIVE") return [];
  const of = (set: TaskSet) => tasks.filter(({ taskSet }) => taskSet === set.id);
  const ailing = service.taskSets.flatMap((set) => judge(set, of(set), facts));
  if (ailing.length > 0) return ailing;
  const wanted = service.controller === "ECS" ? rolled(service, of, facts) : fixed(service);
  const decisions = service.taskSets.flatMap((set) =>
    toCount(set, of(set), { wanted: wanted.get(set.id) ?? 0, facts }),
  );
  if (decisions.length > 0) return decisions;
  const settled = service.taskSets.flatMap((set) => settle(service, set, of(set), facts));
  if (settled.length > 0) return settled;
  const gone = service.taskSets.filter(
    (set) =>
      of(set).every(isOver) && (set.status === "DRAINING" || (service.controller === "ECS" && set.status === "ACTIVE")),
  );
  if (gone.length > 0) return gone.map(({ id }) => ({ do: "drop task set", set: id }));
  return service.status === "DRAINING" && tasks.every(isOver) ? [{ do: "end service" }] : [];
}

const isOver = ({ lastStatus }: Task): boolean => lastStatus === "STOPPED";

/** Task sets that somebody else controls have as many tasks as their scale says. */
const fixed = (service: Service): ReadonlyMap<string, number> =>
  new Map(service.taskSets.map((set) => [set.id, wantedCount(service, set)]));

/** How long a task must have run before it counts as one that does, in milliseconds: many that cannot, run for a moment. */
const provenAfterMilliseconds = 2_000;

/** Whether a task does what it is there for: it runs, and whoever checks it finds it healthy. */
const isUp = (task: Task, { now, isServing }: Facts): boolean =>
  isWanted(task) &&
  task.lastStatus === "RUNNING" &&
  now >= (task.startedAt ?? 0) + provenAfterMilliseconds &&
  isHealthy(task) &&
  isServing(task);

/**
 * A rolling deployment: tasks of the newest set as fast as the maximum lets them be, those of the others as long as the minimum
 * needs them (AWS's minimumHealthyPercent rounds up, maximumPercent down).
 */
function rolled(service: Service, of: (set: TaskSet) => readonly Task[], facts: Facts): ReadonlyMap<string, number> {
  const { taskSets, status, desiredCount, deploymentConfiguration } = service;
  const desired = status === "ACTIVE" ? desiredCount : 0;
  const { minimumHealthyPercent = 100, maximumPercent = 200 } = deploymentConfiguration;
  const least = Math.ceil((desired * minimumHealthyPercent) / 100);
  const most = Math.floor((desired * maximumPercent) / 100);
  const primary = taskSets.find((set) => set.status === "PRIMARY");
  const others = taskSets.filter((set) => set !== primary);
  const living = (set: TaskSet) => of(set).filter(isWanted);
  const up = taskSets.flatMap((set) => of(set).filter((task) => isUp(task, facts))).length;
  const total = taskSets.flatMap(living).length;
  const wanted = new Map<string, number>();
  if (primary !== undefined) {
    const own = living(primary).length;
    wanted.set(primary.id, Math.min(desired, own + Math.max(0, most - total)));
    if (own > desired || others.length === 0) wanted.set(primary.id, desired);
  }
  let spare = Math.max(0, up - least);
  for (const set of others) {
    const tasks = living(set);
    const useless = tasks.filter((task) => !isUp(task, facts)).length;
    const going = Math.min(tasks.length - useless, spare);
    spare -= going;
    wanted.set(set.id, tasks.length - useless - going);
  }
  return wanted;
}

/** Launches or stops tasks until there are as many as wanted. */
function toCount(
  set: TaskSet,
  tasks: readonly Task[],
  { wanted, facts }: { readonly wanted: number; readonly facts: Facts },
): readonly Decision[] {
  const living = tasks.filter(isWanted);
  if (living.length > wanted) {
    // Those that do least go first: on their way, then ailing, then the newest.
    const worth = (task: Task) => (isPending(task) ? 0 : isUp(task, facts) ? 2 : 1);
    const going = living
      .toSorted((one, other) => worth(one) - worth(other) || other.createdAt - one.createdAt)
      .slice(0, living.length - wanted);
    return [{ do: "stop", set: set.id, tasks: going.map(({ id }) => id), why: { kind: "surplus" } }];
  }
  if (living.length === wanted || (set.launchAgainAt ?? 0) > facts.now) return [];
  // While tasks fail, one at a time shows whether they still do.
  const count = set.failedTasks > 0 ? Math.min(1, wanted - living.length) : wanted - living.length;
  return [{ do: "launch", set: set.id, count }];
}

/** Stops tasks that their health checks or load balancers find unhealthy: others take their place. */
function judge(set: TaskSet, tasks: readonly Task[], facts: Facts): readonly Decision[] {
  const running = tasks.filter(
    (task) =>
      isWanted(task) && task.lastStatus === "RUNNING" && facts.now >= (task.startedAt ?? 0) + facts.graceMilliseconds,
  );
  return running.flatMap((task): readonly Decision[] => {
    if (healthOf(task) === "UNHEALTHY")
      return [{ do: "stop", set: set.id, tasks: [task.id], why: { kind: "container health" } }];
    const trouble = facts.targetTrouble(task);
    return trouble === undefined
      ? []
      : [{ do: "stop", set: set.id, tasks: [task.id], why: { kind: "target health", trouble } }];
  });
}

/** Notes what has become of a task set: tasks that have failed, and whether it is steady (ECS's stabilityStatus). */
function settle(service: Service, set: TaskSet, tasks: readonly Task[], facts: Facts): readonly Decision[] {
  const wanted = wantedCount(service, set);
  const living = tasks.filter(isWanted);
  const isSteady =
    living.length === wanted &&
    living.every((task) => isUp(task, facts)) &&
    tasks.every((task) => isWanted(task) || isOver(task));
  if (isSteady && set.failedTasks > 0 && wanted > 0) return [{ do: "forget failures", set: set.id }];
  if (isSteady !== set.isSteady) return [{ do: "settle", set: set.id, isSteady }];
  if (set.rollout?.state !== "IN_PROGRESS" || set.status !== "PRIMARY") return [];
  if (isSteady && service.taskSets.length === 1) return [{ do: "complete rollout", set: set.id }];
  const { enable = false } = service.deploymentConfiguration.deploymentCircuitBreaker ?? {};
  return enable && set.failedTasks >= failuresToBreak(service.desiredCount)
    ? [{ do: "fail rollout", set: set.id }]
    : [];
}

/** Failures after which ECS gives a deployment up, where its circuit breaker is on: half of the desired count, from 3 to 200. */
const failuresToBreak = (desiredCount: number): number => Math.min(200, Math.max(3, Math.ceil(desiredCount / 2)));
