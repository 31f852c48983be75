import type { EcsContext } from "../context.ts";
import type { Task } from "../tasks/task.ts";
import { withEvent } from "./events.ts";
import { serviceKey, type TaskSet, withTaskSet } from "./service.ts";

/** A task that ends by itself before it has run so long has failed to start, in milliseconds. */
const soonMilliseconds = 60_000;

/** Seconds between attempts after failures: the first one that is waited, and the longest (ECS's service throttle logic). */
const waitSeconds = { first: 1, longest: 900 };

/** Failures after which a service says that it cannot start tasks consistently. */
const failuresToTell = 3;

/** Whether a task that is to stop shows that others like it would fail as well. */
export function isFailure({ stop, startedAt }: Task, now: number): boolean {
  if (stop?.code === "TaskFailedToStart") return true;
  if (stop?.code === "ServiceSchedulerInitiated") return /health check/.test(stop.reason);
  return stop?.code === "EssentialContainerExited" && (startedAt === undefined || now - startedAt < soonMilliseconds);
}

/** A task set after one more failure: the first two are tried again at once, later ones each after twice as long. */
function afterFailure(
  { failedTasks }: TaskSet,
  { now, milliseconds }: { readonly now: number; readonly milliseconds: (seconds: number) => number },
): Pick<TaskSet, "failedTasks" | "launchAgainAt"> {
  const failures = failedTasks + 1;
  const seconds =
    failures < failuresToTell ? 0 : Math.min(waitSeconds.first * 2 ** (failures - failuresToTell), waitSeconds.longest);
  return { failedTasks: failures, launchAgainAt: seconds === 0 ? undefined : now + milliseconds(seconds) };
}

/** Notes in a task's set that it has failed. */
export function countFailure(context: EcsContext, task: Task): void {
  const { services, timeScale, clock } = context;
  const service = services.find(serviceKey({ cluster: task.cluster, name: task.service ?? "" }));
  const set = service?.taskSets.find(({ id }) => id === task.taskSet);
  if (service === undefined || set === undefined) return;
  const failed = afterFailure(set, { now: clock(), milliseconds: (seconds) => timeScale.milliseconds(seconds) });
  const counted = withTaskSet(service, set.id, failed);
  services.put(
    failed.failedTasks === failuresToTell
      ? withEvent(context, counted, `(service ${service.name}) is unable to consistently start tasks successfully.`)
      : counted,
  );
}
