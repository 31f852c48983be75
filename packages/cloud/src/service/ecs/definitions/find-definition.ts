import type { EcsContext } from "../context.ts";
import { clientFault, definitionNameOf } from "../names.ts";
import type { Definition } from "./definition.ts";

/** The task definition that a name or an ARN tells: without a revision, the family's newest that is active. Undefined when there is none. */
export function findDefinition(context: EcsContext, named = ""): Definition | undefined {
  const name = definitionNameOf(context, named);
  if (name.includes(":")) return context.definitions.find(name);
  return context.definitions
    .all()
    .filter(({ family, status }) => family === name && status === "ACTIVE")
    .toSorted((one, other) => other.revision - one.revision)[0];
}

/** Returns the task definition that a name or an ARN tells; throws a Fault when there is none. */
export function definitionOf(context: EcsContext, named = ""): Definition {
  const found = findDefinition(context, named);
  if (found === undefined) throw clientFault("Unable to describe task definition.");
  return found;
}

/** A task definition that tasks are to be made from; throws a Fault when that cannot be. */
export function usableDefinition(context: EcsContext, named = ""): Definition {
  if (named === "") throw clientFault("TaskDefinition can not be blank.");
  const found = findDefinition(context, named);
  if (found === undefined) throw clientFault("TaskDefinition not found.");
  if (found.status !== "ACTIVE") throw clientFault("TaskDefinition is inactive");
  return found;
}

/** The definition of a task or a task set: it was there when that was made, and stays as long as anything uses it. */
export function definitionNamed({ definitions }: EcsContext, name: string): Definition {
  const found = definitions.find(name);
  if (found === undefined) throw new Error(`There is no task definition ${name}, although something uses it`);
  return found;
}
