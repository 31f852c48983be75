import type { EcsContext } from "../context.ts";
import { countFailure, isFailure } from "../services/failures.ts";
import type { Stop, Task } from "./task.ts";

/** Has a task stop, for the first reason that anybody gives. Undefined when there is none. */
export function stopTask(context: EcsContext, taskId: string, stop: Stop): Task | undefined {
  const task = context.tasks.find(taskId);
  if (task === undefined || task.desiredStatus === "STOPPED") return task;
  const stopped: Task = { ...task, desiredStatus: "STOPPED", stop, version: task.version + 1 };
  context.tasks.put(stopped);
  if (isFailure(stopped, context.clock())) countFailure(context, stopped);
  context.attend(taskId);
  return stopped;
}
