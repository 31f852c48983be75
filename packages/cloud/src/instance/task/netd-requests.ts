import type { Answer, Numbered } from "../namespaces/control-protocol.ts";
import type { Tasks } from "./netd-tasks.ts";

const operations = [
  "open-task",
  "start-container",
  "await-container",
  "signal-container",
  "run-in-container",
  "close-task",
  "tasks",
] as const;

type TaskRequest = Extract<Numbered, { readonly op: (typeof operations)[number] }>;

/** Whether a request is about tasks. */
export const isForTask = (request: Numbered): request is TaskRequest =>
  (operations as readonly string[]).includes(request.op);

/** Does what the control plane asks of tasks. */
export async function carryOutForTask(tasks: Tasks, request: TaskRequest): Promise<Omit<Answer, "id">> {
  switch (request.op) {
    case "open-task":
      await tasks.open(request);
      return {};
    case "start-container":
      await tasks.start(request);
      return {};
    case "await-container":
      return { end: await tasks.ended(request) };
    case "signal-container":
      tasks.signal(request, request.signal);
      return {};
    case "run-in-container":
      return { ran: await tasks.run(request) };
    case "close-task":
      await tasks.close(request.taskId);
      return {};
    case "tasks":
      return { tasks: tasks.all() };
  }
}
