import type { Container, Service, Task } from "@aws-sdk/client-ecs";
import { printable } from "@sluice/aws-protocol/printable";
import type { TaskSetState } from "@sluice/engine";
import type { Clients } from "../clients.ts";
import { isDenied } from "../outcome.ts";
import { lastOutput } from "./last-output.ts";

/** How many of the tasks that have stopped are looked at. */
const tasksMax = 10;

/** Characters of a reason that are told: a container's own is as long at most. */
const reasonMax = 1024;

/** What has been told of the task that stopped last, by whom it was asked: its end is looked at again and again. */
const told = new WeakMap<Clients, { readonly taskArn: string; readonly words: string }>();

/**
 * Returns why the tasks of a task set do not run, as far as ECS says: of the last one that stopped, the container, its
 * exit code and what it wrote last. AWS's own policy for CodeDeploy and ECS does not allow to look at tasks; then the
 * service's last event has to do. Undefined when nothing is known.
 */
export async function taskTrouble(
  clients: Clients,
  service: Service,
  { id }: Pick<TaskSetState, "id">,
): Promise<string | undefined> {
  const { clusterArn: cluster } = service;
  const ecs = await clients.ecs();
  try {
    const { taskArns = [] } = await ecs.listTasks({ cluster, startedBy: id, desiredStatus: "STOPPED" });
    if (taskArns.length === 0) return undefined;
    const { tasks = [] } = await ecs.describeTasks({ cluster, tasks: taskArns.slice(0, tasksMax) });
    const [last] = tasks.toSorted((a, b) => (b.stoppedAt?.getTime() ?? 0) - (a.stoppedAt?.getTime() ?? 0));
    return last && (await endOfTask(clients, last));
  } catch (error) {
    if (!isDenied(error)) throw error;
    const event = service.events?.find(({ message }) => message?.includes(id))?.message;
    return event && printable(event, reasonMax);
  }
}

async function endOfTask(clients: Clients, task: Task): Promise<string> {
  const { taskArn = "", stoppedReason = "", containers = [] } = task;
  const known = told.get(clients);
  if (known?.taskArn === taskArn) return known.words;
  const failed = containers.filter(({ exitCode, reason }) => (exitCode ?? 0) !== 0 || reason !== undefined);
  const ended = failed.length > 0 ? failed : containers.filter(({ exitCode }) => exitCode !== undefined);
  const outputs = await Promise.all(
    ended.map(async ({ name = "", exitCode, reason }) =>
      exitCode === undefined || reason !== undefined ? undefined : lastOutput(clients, task, name),
    ),
  );
  const ends = ended.map((container, at) => endOf(container, outputs[at]));
  const which = ends.length === 0 ? "a task has stopped" : ends.join(", ");
  const words = stoppedReason === "" ? which : `${which} (${printable(stoppedReason, reasonMax)})`;
  // Lines come to CloudWatch Logs some seconds after the task's end.
  if (outputs.some((output) => output !== undefined)) told.set(clients, { taskArn, words });
  return words;
}

function endOf({ name = "", exitCode, reason }: Container, output: string | undefined): string {
  const how = exitCode === undefined ? "did not start" : `exited with ${exitCode}`;
  const why = reason ?? (output && `Its last output: ${output}`);
  return `the container "${printable(name)}" ${how}${why === undefined ? "" : `: ${printable(why, reasonMax)}`}`;
}
