import type { Container, ECS, Service, Task } from "@aws-sdk/client-ecs";
import type { TaskSetState } from "@sluice/engine";
import { isDenied } from "../outcome.ts";

/** How many of the tasks that have stopped are looked at. */
const tasksMax = 10;

/**
 * Returns why the tasks of a task set do not run, as far as ECS says: of the last one that stopped, the container and its
 * exit code. AWS's own policy for CodeDeploy and ECS does not allow to look at tasks; then the service's last event
 * has to do. Undefined when nothing is known.
 */
export async function taskTrouble(ecs: ECS, service: Service, set: TaskSetState): Promise<string | undefined> {
  const { clusterArn: cluster } = service;
  try {
    const { taskArns = [] } = await ecs.listTasks({ cluster, startedBy: set.id, desiredStatus: "STOPPED" });
    if (taskArns.length === 0) return undefined;
    const { tasks = [] } = await ecs.describeTasks({ cluster, tasks: taskArns.slice(0, tasksMax) });
    const [last] = tasks.toSorted((a, b) => (b.stoppedAt?.getTime() ?? 0) - (a.stoppedAt?.getTime() ?? 0));
    return last && stopOf(last);
  } catch (error) {
    if (!isDenied(error)) throw error;
    return service.events?.find(({ message }) => message?.includes(set.id))?.message;
  }
}

function stopOf({ stoppedReason = "", containers = [] }: Task): string {
  const ended = containers.filter(({ exitCode, reason }) => (exitCode ?? 0) !== 0 || reason !== undefined);
  const words = (ended.length > 0 ? ended : containers.filter(({ exitCode }) => exitCode !== undefined)).map(endOf);
  const which = words.length === 0 ? "a task has stopped" : words.join(", ");
  return stoppedReason === "" ? which : `${which} (${stoppedReason})`;
}

function endOf({ name = "", exitCode, reason }: Container): string {
  const how = exitCode === undefined ? "did not start" : `exited with ${exitCode}`;
  return `the container "${name}" ${how}${reason === undefined ? "" : `: ${reason}`}`;
}
