import type { Failure, Scale } from "@aws-sdk/client-ecs";
import type { EcsContext, EcsOperations } from "../context.ts";
import { nameOf } from "../definitions/definition.ts";
import { usableDefinition } from "../definitions/find-definition.ts";
import { invalid, taskSetArn, taskSetIdOf } from "../names.ts";
import { checkedTags } from "../tag-rules.ts";
import { checkedLaunching } from "./check-launching.ts";
import { describeTaskSet } from "./describe-service.ts";
import { activeServiceOf, taskSetOf } from "./find-service.ts";
import { type Service, type TaskSet, wantedCount, withTaskSet } from "./service.ts";
import { newTaskSet } from "./task-set.ts";

/** Task sets of one service: ECS's own limit. */
const taskSetsMax = 5;

/** Operations on task sets, with which CodeDeploy or somebody else controls a service's deployments. */
export const taskSetOperations: EcsOperations = {
  CreateTaskSet(context, input) {
    const service = controlled(context, input);
    const earlier = service.taskSets.find(({ id }) => id === service.setTokens?.[input.clientToken ?? ""]);
    if (earlier !== undefined) return { taskSet: describeTaskSet(context, service, earlier, true) };
    if (service.taskSets.length >= taskSetsMax)
      throw invalid(`A service can have at most ${taskSetsMax} task sets, and ${service.name} has them.`);
    const definition = usableDefinition(context, input.taskDefinition);
    const launching = checkedLaunching(context, definition, {
      cluster: service.cluster,
      input: { ...input, networkConfiguration: input.networkConfiguration ?? primaryOf(service)?.networkConfiguration },
    });
    const set = newTaskSet(context, {
      launching,
      definition: nameOf(definition),
      status: "ACTIVE",
      scale: checkedScale(input.scale),
      externalId: input.externalId,
      startedBy: service.controller === "CODE_DEPLOY" ? "CODE_DEPLOY" : undefined,
      tags: checkedTags(input.tags),
    });
    const setTokens =
      input.clientToken === undefined ? service.setTokens : { ...service.setTokens, [input.clientToken]: set.id };
    const changed: Service = { ...service, taskSets: [set, ...service.taskSets], setTokens };
    context.services.put(changed);
    context.wake(changed);
    return { taskSet: describeTaskSet(context, changed, set, true) };
  },

  UpdateTaskSet(context, input) {
    const service = controlled(context, input);
    const set = taskSetOf(context, service, input.taskSet);
    if (set.status === "DRAINING") throw invalid("The task set is being deleted.");
    return keep(
      context,
      withTaskSet(service, set.id, { scale: checkedScale(input.scale), updatedAt: context.clock() }),
      set,
    );
  },

  UpdateServicePrimaryTaskSet(context, input) {
    const service = controlled(context, input);
    const set = taskSetOf(context, service, input.primaryTaskSet);
    if (set.status === "DRAINING") throw invalid("The task set is being deleted, and cannot become the primary one.");
    const statusOf = ({ id, status }: TaskSet): TaskSet["status"] =>
      id === set.id ? "PRIMARY" : status === "PRIMARY" ? "ACTIVE" : status;
    const taskSets = service.taskSets.map((one) => ({ ...one, status: statusOf(one) }));
    return keep(context, { ...service, taskSets, definition: set.definition }, set);
  },

  DeleteTaskSet(context, input) {
    const service = controlled(context, input);
    const set = taskSetOf(context, service, input.taskSet);
    if (set.status === "PRIMARY")
      throw invalid("The PRIMARY task set of a service cannot be deleted: make another one the primary first.");
    if (input.force !== true && wantedCount(service, set) > 0)
      throw invalid("The task set cannot be deleted while it is scaled above 0. Scale it to 0, or use force.");
    return keep(context, withTaskSet(service, set.id, { status: "DRAINING", updatedAt: context.clock() }), set);
  },

  DescribeTaskSets(context, { cluster, service: named, taskSets = [], include = [] }) {
    const service = controlled(context, { cluster, service: named });
    const ids = taskSets.map((given) => taskSetIdOf(context, given));
    const wanted = ids.length === 0 ? service.taskSets : service.taskSets.filter(({ id }) => ids.includes(id));
    return {
      taskSets: wanted.map((set) => describeTaskSet(context, service, set, include.includes("TAGS"))),
      failures: ids
        .filter((id) => !service.taskSets.some((set) => set.id === id))
        .map((id): Failure => ({ arn: taskSetArn(context, service, id), reason: "MISSING" })),
    };
  },
};

/** Returns an active service whose deployments ECS itself does not control; throws a Fault otherwise. */
function controlled(
  context: EcsContext,
  named: { readonly cluster?: string | undefined; readonly service?: string | undefined },
): Service {
  const service = activeServiceOf(context, named);
  if (service.controller === "ECS")
    throw invalid(
      "Task sets are for services with the CODE_DEPLOY or EXTERNAL deployment controller, and this one has ECS.",
    );
  return service;
}

function keep(context: EcsContext, service: Service, { id }: TaskSet) {
  context.services.put(service);
  context.wake(service);
  return { taskSet: describeTaskSet(context, service, taskSetOf(context, service, id)) };
}

const primaryOf = ({ taskSets }: Service): TaskSet | undefined => taskSets.find(({ status }) => status === "PRIMARY");

function checkedScale({ value = 0, unit = "PERCENT" }: Scale = {}): number {
  if (unit !== "PERCENT") throw invalid(`Scale unit ${String(unit)} is unknown: PERCENT is wanted.`);
  if (!(value >= 0 && value <= 100)) throw invalid(`Scale value must be between 0 and 100, and is ${value}.`);
  return value;
}
