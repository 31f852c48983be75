import { clusterOf } from "../clusters.ts";
import type { EcsContext } from "../context.ts";
import { invalid, taskIdOf } from "../names.ts";
import type { Task } from "./task.ts";

/** Returns the task of a cluster that an id or an ARN tells; throws a Fault when there is none. */
export function taskOf(
  context: EcsContext,
  { cluster, task }: { readonly cluster?: string | undefined; readonly task?: string | undefined },
): Task {
  const { name } = clusterOf(context, cluster);
  const found = context.tasks.find(taskIdOf(context, task));
  if (found === undefined || found.cluster !== name) throw invalid("The referenced task was not found.");
  return found;
}
