import type { Failure, Tag, TaskDefinition } from "@aws-sdk/client-ecs";
import type { EcsContext, EcsOperations } from "../context.ts";
import { clientFault, definitionArn, definitionNameOf } from "../names.ts";
import { pageOf } from "../pagination.ts";
import { type Definition, nameOf } from "./definition.ts";
import { definitionOf } from "./find-definition.ts";
import { newDefinition } from "./register.ts";

/** Operations on task definitions. */
export const definitionOperations: EcsOperations = {
  RegisterTaskDefinition({ call, ...context }, input) {
    const definition = newDefinition(context, call, input);
    context.definitions.put(definition);
    return { taskDefinition: describeDefinition(context, definition), tags: [...definition.tags] };
  },

  DescribeTaskDefinition(context, { taskDefinition, include = [] }) {
    const found = definitionOf(context, taskDefinition);
    const tags: Tag[] = include.includes("TAGS") ? [...found.tags] : [];
    return { taskDefinition: describeDefinition(context, found), tags };
  },

  DeregisterTaskDefinition(context, { taskDefinition = "" }) {
    const found = context.definitions.find(withRevision(context, taskDefinition));
    if (found === undefined) throw clientFault("The specified task definition does not exist.");
    const changed: Definition =
      found.status === "ACTIVE" ? { ...found, status: "INACTIVE", deregisteredAt: context.clock() } : found;
    context.definitions.put(changed);
    return { taskDefinition: describeDefinition(context, changed) };
  },

  DeleteTaskDefinitions(context, { taskDefinitions = [] }) {
    if (taskDefinitions.length > 10) throw clientFault("Task definitions cannot have more than 10 elements.");
    const found = taskDefinitions.map((named) => {
      const name = withRevision(context, named);
      return { arn: definitionArn(context, name), definition: context.definitions.find(name) };
    });
    const failures = found.flatMap(({ arn, definition }): Failure[] => {
      if (definition === undefined) return [{ arn, reason: "The specified task definition does not exist." }];
      if (definition.status !== "ACTIVE") return [];
      return [{ arn, reason: "The specified task definition is still in ACTIVE status. Please deregister it first." }];
    });
    const deleted = found
      .flatMap(({ definition }) => (definition === undefined || definition.status === "ACTIVE" ? [] : [definition]))
      .map((definition): Definition => ({
        ...definition,
        status: "DELETE_IN_PROGRESS",
        deleteRequestedAt: definition.deleteRequestedAt ?? context.clock(),
      }));
    for (const definition of deleted) context.definitions.put(definition);
    return { taskDefinitions: deleted.map((definition) => describeDefinition(context, definition)), failures };
  },

  ListTaskDefinitions(context, { familyPrefix, status = "ACTIVE", sort = "ASC", ...paging }) {
    const found = context.definitions
      .all()
      .filter((one) => one.status === status && (familyPrefix === undefined || one.family === familyPrefix))
      .toSorted((one, other) => one.family.localeCompare(other.family) || one.revision - other.revision);
    const { items, next } = pageOf(sort === "DESC" ? found.toReversed() : found, paging);
    return { taskDefinitionArns: items.map((one) => definitionArn(context, nameOf(one))), nextToken: next };
  },

  ListTaskDefinitionFamilies(context, { familyPrefix = "", status = "ACTIVE", ...paging }) {
    const all = context.definitions.all().filter(({ family }) => family.startsWith(familyPrefix));
    const active = new Set(all.filter((one) => one.status === "ACTIVE").map(({ family }) => family));
    const families = [...new Set(all.map(({ family }) => family))]
      .filter((family) => status === "ALL" || (status === "ACTIVE") === active.has(family))
      .toSorted();
    const { items, next } = pageOf(families, paging);
    return { families: items, nextToken: next };
  },
};

function withRevision(context: EcsContext, named: string): string {
  const name = definitionNameOf(context, named);
  if (/:\d+$/.test(name)) return name;
  throw clientFault(
    `Invalid revision number. A task definition is wanted as family:revision, not '${name.slice(0, 300)}'`,
  );
}

/** Returns a task definition as AWS describes it. */
export function describeDefinition(context: EcsContext, definition: Definition): TaskDefinition {
  const { family, revision, status, asGiven, registeredAt, deregisteredAt, deleteRequestedAt } = definition;
  return {
    ...asGiven,
    taskDefinitionArn: definitionArn(context, nameOf(definition)),
    family,
    revision,
    status,
    registeredAt: at(registeredAt),
    deregisteredAt: at(deregisteredAt),
    deleteRequestedAt: at(deleteRequestedAt),
  };
}

const at = (time: number | undefined): Date | undefined => (time === undefined ? undefined : new Date(time));
