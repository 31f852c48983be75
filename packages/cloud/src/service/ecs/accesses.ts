import type { Tag } from "@aws-sdk/client-ecs";
import { type Access, type AccessTable, Fault, onAnyResource, requestTags, resourceTags } from "@sluice/aws-protocol";
import type { EcsContext } from "./context.ts";
import { findDefinition } from "./definitions/find-definition.ts";
import { nameOf } from "./definitions/definition.ts";
import {
  arnOf,
  clusterArn,
  clusterNameOf,
  definitionArn,
  definitionNameOf,
  serviceArn,
  serviceNameOf,
  taskArn,
  taskIdOf,
  taskSetArn,
  taskSetIdOf,
} from "./names.ts";
import { serviceKey } from "./services/service.ts";
import { tagged } from "./tags.ts";

type Input = Readonly<Record<string, unknown>>;

/** What each request to ECS touches (its service authorization reference), and the roles that it has tasks take on. */
export function ecsAccesses(context: EcsContext): AccessTable {
  const rows = (operations: readonly string[], row: (input: Input) => readonly Access[]) =>
    Object.fromEntries(operations.map((operation) => [operation, row]));
  return {
    ...onAnyResource([
      "ListClusters",
      "ListTaskDefinitions",
      "ListTaskDefinitionFamilies",
      "DescribeCapacityProviders",
    ]),
    ...onAnyResource(["DescribeTaskDefinition", "DeregisterTaskDefinition"]),
    CreateCluster: (input) => [made(input, clusterArn(context, text(input["clusterName"]) ?? "default"))],
    ...rows(
      [
        "DeleteCluster",
        "UpdateCluster",
        "UpdateClusterSettings",
        "PutClusterCapacityProviders",
        "ListContainerInstances",
      ],
      ({ cluster }) => [ofCluster(context, text(cluster))],
    ),
    DescribeClusters: ({ clusters }) => (texts(clusters) ?? [undefined]).map((name) => ofCluster(context, name)),
    DescribeContainerInstances: (input) =>
      (texts(input["containerInstances"]) ?? ["*"]).map((id) => ({
        resource: arnOf(
          context,
          `container-instance/${clusterIn(context, input)}/${id.slice(id.lastIndexOf("/") + 1)}`,
        ),
      })),
    ...definitionAccesses(context),
    ...taskAccesses(context),
    ...serviceAccesses(context),
    ...taskSetAccesses(context),
    ...rows(["TagResource", "UntagResource", "ListTagsForResource"], (input) => [ofArn(context, input)]),
  };
}

function definitionAccesses(context: EcsContext): AccessTable {
  return {
    RegisterTaskDefinition: (input) => [
      made(input, definitionArn(context, `${text(input["family"]) ?? "*"}:*`)),
      ...passed([text(input["taskRoleArn"]), text(input["executionRoleArn"])]),
    ],
    DeleteTaskDefinitions: ({ taskDefinitions }) =>
      (texts(taskDefinitions) ?? ["*"]).map((named) => ofDefinition(context, named)),
  };
}

function taskAccesses(context: EcsContext): AccessTable {
  const tasks = (input: Input, ids: readonly string[]): readonly Access[] =>
    ids.map((id) => ofTask(context, input, id));
  return {
    RunTask: (input) => [
      ...runs(context, input),
      ...tagging(input, arnOf(context, `task/${clusterIn(context, input)}/*`), "RunTask"),
    ],
    StopTask: (input) => tasks(input, [text(input["task"]) ?? "*"]),
    DescribeTasks: (input) => tasks(input, texts(input["tasks"]) ?? ["*"]),
    ListTasks: (input) => [{ resource: "*", context: inCluster(context, input) }],
    ExecuteCommand: (input) => [
      ofCluster(context, text(input["cluster"])),
      ...tasks(input, [text(input["task"]) ?? "*"]),
    ],
  };
}

function serviceAccesses(context: EcsContext): AccessTable {
  return {
    CreateService: (input) => [
      withTags(ofService(context, input, text(input["serviceName"])), input),
      ...passedBy(context, text(input["taskDefinition"])),
      ...tagging(
        input,
        serviceArn(context, { cluster: clusterIn(context, input), name: text(input["serviceName"]) ?? "*" }),
        "CreateService",
      ),
    ],
    UpdateService: (input) => [
      ofService(context, input, text(input["service"])),
      ...passedBy(context, text(input["taskDefinition"])),
    ],
    DeleteService: (input) => [ofService(context, input, text(input["service"]))],
    DescribeServices: (input) => (texts(input["services"]) ?? ["*"]).map((name) => ofService(context, input, name)),
    ListServices: (input) => [{ resource: "*", context: inCluster(context, input) }],
    UpdateServicePrimaryTaskSet: (input) => [ofService(context, input, text(input["service"]))],
  };
}

/** What it touches to let a service want another number of tasks. */
export const scalingAccess = (context: EcsContext, cluster: string, name: string): Access => ({
  ...ofService(context, { cluster }, name),
  action: "ecs:UpdateService",
});

/** Operations on task sets. Unlike AWS: a Deny on the service counts as well. */
function taskSetAccesses(context: EcsContext): AccessTable {
  const ofSet = (input: Input, id: string): Access => {
    const service = ofService(context, input, text(input["service"]));
    const name = { cluster: clusterIn(context, input), name: serviceNameOf(context, text(input["service"])) };
    const found = context.services.find(serviceKey(name))?.taskSets.find((set) => set.id === id);
    return {
      resource: taskSetArn(context, name, id),
      also: [service.resource ?? "*"],
      context: { ...service.context, ...resourceTags(upper(found?.tags), "ecs:ResourceTag") },
    };
  };
  const one = (input: Input): readonly Access[] => [ofSet(input, taskSetIdOf(context, text(input["taskSet"]) ?? "*"))];
  return {
    CreateTaskSet: (input) => [withTags(ofSet(input, "*"), input), ...passedBy(context, text(input["taskDefinition"]))],
    UpdateTaskSet: one,
    DeleteTaskSet: one,
    DescribeTaskSets: (input) =>
      (texts(input["taskSets"]) ?? ["*"]).map((id) => ofSet(input, taskSetIdOf(context, id))),
  };
}

/** Returns a request that runs tasks of a definition, as their roles, or as those that it names instead. */
function runs(context: EcsContext, input: Input): readonly Access[] {
  const overrides = (input["overrides"] ?? {}) as Input; // decoded by the service's own table
  const named = text(input["taskDefinition"]);
  const definition = ofDefinition(context, named ?? "*");
  return [
    {
      ...definition,
      context: { ...definition.context, ...inCluster(context, input), ...requestTags(upper(input["tags"])) },
    },
    ...passedBy(context, named, overrides),
  ];
}

/** Who has tasks run must be allowed to pass on the roles that they get. A definition that is not there yet may come to have any. */
function passedBy(context: EcsContext, named: string | undefined, overrides: Input = {}): readonly Access[] {
  if (named === undefined) return [];
  const found = unlessFault(() => findDefinition(context, named));
  if (found === undefined) return [{ action: "iam:PassRole", context: passing }];
  return passed([
    text(overrides["taskRoleArn"]) ?? found.asGiven.taskRoleArn,
    text(overrides["executionRoleArn"]) ?? found.asGiven.executionRoleArn,
  ]);
}

const passing = { "iam:PassedToService": "ecs-tasks.amazonaws.com" };

const passed = (roles: readonly (string | undefined)[]): readonly Access[] =>
  roles.flatMap((resource) => (resource === undefined ? [] : [{ action: "iam:PassRole", resource, context: passing }]));

function ofCluster(context: EcsContext, named: string | undefined): Access {
  const name = unlessFault(() => clusterNameOf(context, named)) ?? "*";
  return {
    resource: clusterArn(context, name),
    context: resourceTags(upper(context.clusters.find(name)?.tags), "ecs:ResourceTag"),
  };
}

function ofDefinition(context: EcsContext, named: string): Access {
  const found = unlessFault(() => findDefinition(context, named));
  const name = found === undefined ? (unlessFault(() => definitionNameOf(context, named)) ?? "*") : nameOf(found);
  return {
    resource: definitionArn(context, name.includes(":") || name === "*" ? name : `${name}:*`),
    context: resourceTags(upper(found?.tags), "ecs:ResourceTag"),
  };
}

function ofTask(context: EcsContext, input: Input, named: string): Access {
  const id = unlessFault(() => taskIdOf(context, named)) ?? "*";
  return {
    resource: taskArn(context, { cluster: clusterIn(context, input), id }),
    context: { ...inCluster(context, input), ...resourceTags(upper(context.tasks.find(id)?.tags), "ecs:ResourceTag") },
  };
}

function ofService(context: EcsContext, input: Input, named = "*"): Access {
  const name = { cluster: clusterIn(context, input), name: unlessFault(() => serviceNameOf(context, named)) ?? "*" };
  const found = context.services.find(serviceKey(name));
  return {
    resource: serviceArn(context, name),
    context: { ...inCluster(context, input), ...resourceTags(upper(found?.tags), "ecs:ResourceTag") },
  };
}

function ofArn(context: EcsContext, input: Input): Access {
  const resource = text(input["resourceArn"]) ?? "*";
  const tags = unlessFault(() => tagged(context, resource))?.kept;
  return withTags({ resource, context: resourceTags(upper(tags), "ecs:ResourceTag") }, input);
}

const inCluster = (context: EcsContext, input: Input): NonNullable<Access["context"]> => ({
  "ecs:cluster": clusterArn(context, clusterIn(context, input)),
});

const clusterIn = (context: EcsContext, { cluster }: Input): string =>
  unlessFault(() => clusterNameOf(context, text(cluster))) ?? "*";

const made = (input: Input, resource: string): Access => withTags({ resource }, input);

const withTags = (access: Access, input: Input): Access => ({
  ...access,
  context: { ...access.context, ...requestTags(upper(input["tags"]), texts(input["tagKeys"]) ?? []) },
});

/** Tags that are put on as something is made need TagResource as well: a Deny of it counts. */
function tagging(input: Input, resource: string, operation: string): readonly Access[] {
  const tags = upper(input["tags"]);
  if (tags.length === 0) return [];
  const context = { ...requestTags(tags), "ecs:CreateAction": operation };
  return [{ action: "ecs:TagResource", resource, context, isOpen: true }];
}

/** ECS's tags in the words that other services have for theirs. */
const upper = (tags: unknown) => ((tags ?? []) as readonly Tag[]).map(({ key, value }) => ({ Key: key, Value: value })); // decoded by the service's own table

const text = (found: unknown): string | undefined => (typeof found === "string" ? found : undefined);

const texts = (found: unknown): readonly string[] | undefined =>
  Array.isArray(found) ? found.filter((one): one is string => typeof one === "string") : undefined;

/** A Fault is the operation's to throw. */
function unlessFault<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}
