import type { Failure, RunTaskCommandInput, TaskOverride } from "@aws-sdk/client-ecs";
import { clusterOf } from "../clusters.ts";
import type { EcsContext, EcsOperations } from "../context.ts";
import type { Definition } from "../definitions/definition.ts";
import { usableDefinition } from "../definitions/find-definition.ts";
import { invalid, serviceNameOf, taskArn, taskIdOf } from "../names.ts";
import { pageOf } from "../pagination.ts";
import { serviceOf } from "../services/find-service.ts";
import { checkedTags, mergedTags } from "../tag-rules.ts";
import { describeTask } from "./describe-task.ts";
import { taskOf } from "./find-task.ts";
import { addTask, checkForFargate, launcherOf } from "./new-task.ts";
import { stopTask } from "./stop-task.ts";
import { checkedNetwork } from "./task-network.ts";

/** Tasks of one request: ECS's own limits. */
const runMax = 10;
const describeMax = 100;

/** Operations on tasks. */
export const taskOperations: EcsOperations = {
  RunTask(context, input) {
    const { name: cluster } = clusterOf(context, input.cluster);
    const definition = usableDefinition(context, input.taskDefinition);
    const { count = 1, overrides, startedBy } = input;
    if (!(count >= 1 && count <= runMax)) throw invalid(`Task count must be between 1 and ${runMax}, and is ${count}.`);
    if (startedBy !== undefined && startedBy.length > 128) throw invalid("startedBy can have at most 128 characters.");
    const earlier = startedWith(context, cluster, input.clientToken);
    if (earlier.length > 0) return { tasks: earlier.map((task) => describeTask(context, task)), failures: [] };
    const { kind, provider } = launcherOf(context, cluster, input);
    if (kind === "EC2") throw invalid("No Container Instances were found in your cluster.");
    checkForFargate(definition);
    const network = checkedNetwork(context, input.networkConfiguration);
    checkOverrides(definition, overrides);
    const tags = tagsOf(definition, input);
    const tasks = Array.from({ length: count }, () =>
      addTask(context, {
        cluster,
        definition,
        network,
        group: input.group ?? `family:${definition.family}`,
        startedBy,
        clientToken: input.clientToken,
        capacityProvider: provider,
        platformVersion: input.platformVersion,
        overrides,
        allowsCommands: input.enableExecuteCommand,
        tags,
      }),
    );
    return { tasks: tasks.map((task) => describeTask(context, task, true)), failures: [] };
  },

  StopTask(context, { cluster, task, reason = "Task stopped by user" }) {
    const found = taskOf(context, { cluster, task });
    const stopped = stopTask(context, found.id, { code: "UserInitiated", reason });
    return { task: describeTask(context, stopped ?? found) };
  },

  DescribeTasks(context, { cluster, tasks = [], include = [] }) {
    const { name } = clusterOf(context, cluster);
    if (tasks.length === 0) throw invalid("Tasks cannot be empty.");
    if (tasks.length > describeMax) throw invalid(`Tasks cannot have more than ${describeMax} elements.`);
    const found = tasks.map((given) => {
      const id = taskIdOf(context, given);
      const task = context.tasks.find(id);
      return { arn: taskArn(context, { cluster: name, id }), task: task?.cluster === name ? task : undefined };
    });
    return {
      tasks: found.flatMap(({ task }) =>
        task === undefined ? [] : [describeTask(context, task, include.includes("TAGS"))],
      ),
      failures: found.flatMap(({ arn, task }): Failure[] => (task === undefined ? [{ arn, reason: "MISSING" }] : [])),
    };
  },

  ListTasks(context, input) {
    const { name } = clusterOf(context, input.cluster);
    const { desiredStatus = "RUNNING", family, startedBy, serviceName, launchType, containerInstance } = input;
    if (serviceName !== undefined) serviceOf(context, { cluster: input.cluster, service: serviceName });
    const service = serviceName === undefined ? undefined : serviceNameOf(context, serviceName);
    const found = context.tasks
      .all()
      .filter((task) => task.cluster === name && task.desiredStatus === desiredStatus)
      .filter((task) => family === undefined || task.definition.startsWith(`${family}:`))
      .filter((task) => startedBy === undefined || task.startedBy === startedBy)
      .filter((task) => service === undefined || task.service === service)
      .filter(() => containerInstance === undefined && (launchType === undefined || launchType === "FARGATE"));
    const { items, next } = pageOf(found, input);
    return { taskArns: items.map((task) => taskArn(context, task)), nextToken: next };
  },
};

/** A request that comes again with its token starts nothing. */
function startedWith(context: EcsContext, cluster: string, token: string | undefined) {
  if (token === undefined) return [];
  return context.tasks.all().filter((task) => task.cluster === cluster && task.clientToken === token);
}

function tagsOf({ tags }: Definition, { propagateTags, tags: given }: RunTaskCommandInput) {
  if (propagateTags === "SERVICE") throw invalid("Tags can only be propagated from a service to its own tasks.");
  return mergedTags(propagateTags === "TASK_DEFINITION" ? tags : [], checkedTags(given));
}

function checkOverrides({ asGiven }: Definition, overrides: TaskOverride | undefined): void {
  for (const { name } of overrides?.containerOverrides ?? [])
    if (!(asGiven.containerDefinitions ?? []).some((container) => container.name === name))
      throw invalid(`Override for container named ${name} is not a container in the TaskDefinition.`);
}
