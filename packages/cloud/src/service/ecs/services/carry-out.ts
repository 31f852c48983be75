import { definitionNamed } from "../definitions/find-definition.ts";
import type { EcsContext } from "../context.ts";
import { invalid } from "../names.ts";
import { addTask, launcherOf } from "../tasks/new-task.ts";
import { stopTask } from "../tasks/stop-task.ts";
import { mergedTags } from "../tag-rules.ts";
import type { TaskTarget } from "../tasks/task.ts";
import { beginRollback, canRollBack } from "./rollout.ts";
import type { Decision, StopReason } from "./decide.ts";
import { subjectOf, tasksIn, withEvent } from "./events.ts";
import { type Service, serviceKey, type TaskSet, wantedCount, withTaskSet } from "./service.ts";

/** Carries out one decision about a service. */
export function carryOut(context: EcsContext, service: Service, decision: Decision): void {
  const { services, clock } = context;
  if (decision.do === "end service") return services.put({ ...service, status: "INACTIVE", taskSets: [] });
  const set = service.taskSets.find(({ id }) => id === decision.set);
  if (set === undefined) return;
  const change = (fields: Partial<TaskSet>) => withTaskSet(service, set.id, { ...fields, updatedAt: clock() });
  switch (decision.do) {
    case "launch":
      return launch(context, { service, set, count: decision.count });
    case "stop":
      return stop(context, { service, set, tasks: decision.tasks, why: decision.why });
    case "forget failures":
      return services.put(change({ failedTasks: 0, launchAgainAt: undefined }));
    case "settle": {
      const settled = change({ isSteady: decision.isSteady, steadyChangedAt: clock() });
      return services.put(
        decision.isSteady && wantedCount(service, set) > 0
          ? withEvent(context, settled, `${subjectOf(service, set)} has reached a steady state.`)
          : settled,
      );
    }
    case "complete rollout": {
      const done = change({ rollout: { state: "COMPLETED", reason: `ECS deployment ${set.id} completed.` } });
      return services.put(
        withEvent(context, done, `(service ${service.name}) (deployment ${set.id}) deployment completed.`),
      );
    }
    case "fail rollout": {
      const reason = `ECS deployment circuit breaker: tasks failed to start.`;
      const failed = withEvent(
        context,
        change({ rollout: { state: "FAILED", reason } }),
        `(service ${service.name}) (deployment ${set.id}) deployment failed: tasks failed to start.`,
      );
      return services.put(canRollBack(failed) ? beginRollback(context, failed) : failed);
    }
    case "drop task set":
      return services.put({ ...service, taskSets: service.taskSets.filter(({ id }) => id !== set.id) });
  }
}

interface Launch {
  readonly service: Service;
  readonly set: TaskSet;
  readonly count: number;
}

function launch(context: EcsContext, { service, set, count }: Launch): void {
  const { services } = context;
  const definition = definitionNamed(context, set.definition);
  const { kind, provider } = launcherOf(context, service.cluster, set);
  if (kind === "EC2") {
    const why =
      "no container instance met all of its requirements. Reason: No Container Instances were found in your cluster.";
    const event = `(service ${service.name}) was unable to place a task because ${why}`;
    return services.put(
      withTaskSet(withEvent(context, service, event), set.id, {
        launchAgainAt: context.clock() + placeAgainMilliseconds,
      }),
    );
  }
  const network = set.networkConfiguration;
  if (network === undefined) throw invalid("The task set has no network configuration");
  const tags = mergedTags(
    service.propagateTags === "TASK_DEFINITION"
      ? definition.tags
      : service.propagateTags === "SERVICE"
        ? service.tags
        : [],
    service.hasManagedTags
      ? [
          { key: "aws:ecs:clusterName", value: service.cluster },
          { key: "aws:ecs:serviceName", value: service.name },
        ]
      : [],
  );
  const tasks = Array.from({ length: count }, () =>
    addTask(context, {
      cluster: service.cluster,
      definition,
      network,
      group: `service:${service.name}`,
      startedBy: set.id,
      service: service.name,
      taskSet: set.id,
      capacityProvider: provider,
      platformVersion: set.platformVersion,
      targets: targetsOf(set),
      allowsCommands: service.allowsCommands,
      tags,
    }),
  );
  const event = `${subjectOf(service, set)} has started ${count} tasks: ${tasksIn(tasks.map(({ id }) => id))}.`;
  services.put(withEvent(context, services.find(serviceKey(service)) ?? service, event));
}

/** How long to wait before tasks that cannot be placed are tried again, in milliseconds. */
const placeAgainMilliseconds = 15_000;

const targetsOf = ({ loadBalancers }: TaskSet): readonly TaskTarget[] =>
  loadBalancers.flatMap(({ targetGroupArn, containerPort }) =>
    targetGroupArn === undefined || containerPort === undefined ? [] : [{ group: targetGroupArn, port: containerPort }],
  );

function stop(
  context: EcsContext,
  {
    service,
    set,
    tasks,
    why,
  }: { readonly service: Service; readonly set: TaskSet; readonly tasks: readonly string[]; readonly why: StopReason },
): void {
  const subject = subjectOf(service, set);
  const events = [];
  for (const id of tasks) {
    if (why.kind === "container health") events.push(`${subject} (task ${id}) failed container health checks.`);
    if (why.kind === "target health")
      events.push(
        `${subject} (port ${why.trouble.port}) is unhealthy in (target-group ${why.trouble.group}) due to (reason ${why.trouble.why}).`,
      );
    stopTask(context, id, { code: "ServiceSchedulerInitiated", reason: reasonOf(service, set, why) });
  }
  if (why.kind === "surplus") events.push(`${subject} has stopped ${tasks.length} running tasks: ${tasksIn(tasks)}.`);
  const { services } = context;
  const current = services.find(serviceKey(service)) ?? service;
  services.put(events.reduce((told, event) => withEvent(context, told, event), current));
}

function reasonOf(service: Service, set: TaskSet, why: StopReason): string {
  if (why.kind === "container health") return "Task failed container health checks";
  if (why.kind === "target health") return `Task failed ELB health checks in (target-group ${why.trouble.group})`;
  const unit = service.controller === "ECS" ? "deployment" : "taskSet";
  return `Scaling activity initiated by (${unit} ${set.id})`;
}
