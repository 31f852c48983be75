import { randomUUID } from "node:crypto";
import type { EcsContext } from "../context.ts";
import type { Task } from "../tasks/task.ts";
import { type Service, serviceKey, type TaskSet } from "./service.ts";

/** Events that a service tells: ECS's own limit. */
const eventsMax = 100;

/** How long an event is not repeated, in milliseconds: ECS's six hours. */
const onceInMilliseconds = 6 * 3_600_000;

/** Returns a service with one more event. One that says what has been said lately is left out, but for what follows on other events. */
export function withEvent({ clock }: Pick<EcsContext, "clock">, service: Service, message: string): Service {
  const [latest] = service.events;
  const now = clock();
  if (latest?.message === message && now - latest.at < onceInMilliseconds) return service;
  return { ...service, events: [{ id: randomUUID(), at: now, message }, ...service.events].slice(0, eventsMax) };
}

/** How events name a service, and its task set where it has several kinds of them. */
export const subjectOf = ({ name, controller }: Service, set: Pick<TaskSet, "id">): string =>
  controller === "ECS" ? `(service ${name})` : `(service ${name}, taskSet ${set.id})`;

/** How events name tasks. */
export const tasksIn = (ids: readonly string[]): string => ids.map((id) => `(task ${id})`).join(" ");

/** Has a service tell what one of its tasks has met. */
export function tellService(context: EcsContext, task: Task, message: string): void {
  const service = context.services.find(serviceKey({ cluster: task.cluster, name: task.service ?? "" }));
  if (service === undefined || task.taskSet === undefined) return;
  context.services.put(withEvent(context, service, `${subjectOf(service, { id: task.taskSet })} ${message}`));
}
