import { Fault } from "@sluice/aws-protocol";

/** Where names are read: the region and the account of this cloud. */
export interface Place {
  readonly region: string;
  readonly accountId: string;
}

/** Returns the ARN of something of ECS. */
export const arnOf = ({ region, accountId }: Place, path: string): string =>
  `arn:aws:ecs:${region}:${accountId}:${path}`;

/** Returns the ARN of a cluster. */
export const clusterArn = (place: Place, cluster: string): string => arnOf(place, `cluster/${cluster}`);

/** Returns the ARN of a service. */
export const serviceArn = (
  place: Place,
  { cluster, name }: { readonly cluster: string; readonly name: string },
): string => arnOf(place, `service/${cluster}/${name}`);

/** Returns the ARN of a task. */
export const taskArn = (place: Place, { cluster, id }: { readonly cluster: string; readonly id: string }): string =>
  arnOf(place, `task/${cluster}/${id}`);

/** Returns the ARN of a container of a task. */
export const containerArn = (
  place: Place,
  { cluster, id }: { readonly cluster: string; readonly id: string },
  container: { readonly id: string },
): string => arnOf(place, `container/${cluster}/${id}/${container.id}`);

/** The ARN of a task definition, which is written `family:revision`. */
export const definitionArn = (place: Place, definition: string): string =>
  arnOf(place, `task-definition/${definition}`);

/** Returns the ARN of a task set. */
export const taskSetArn = (
  place: Place,
  { cluster, name }: { readonly cluster: string; readonly name: string },
  id: string,
): string => arnOf(place, `task-set/${cluster}/${name}/${id}`);

/** The cluster that is meant where none is named. */
export const defaultCluster = "default";

/** Returns the name of the cluster that a name or an ARN tells. */
export function clusterNameOf(place: Place, cluster = defaultCluster): string {
  return ownPath(place, "cluster", cluster) ?? cluster;
}

/** Returns the name of the service that a name or an ARN tells; ARNs of the older form have no cluster. */
export function serviceNameOf(place: Place, service = ""): string {
  const path = ownPath(place, "service", service);
  return path === undefined ? service : path.slice(path.lastIndexOf("/") + 1);
}

/** Returns the id of the task that an id or an ARN tells. */
export function taskIdOf(place: Place, task = ""): string {
  const path = ownPath(place, "task", task);
  return path === undefined ? task : path.slice(path.lastIndexOf("/") + 1);
}

/** The family, with its revision where one is named, that a name or an ARN of a task definition tells. */
export function definitionNameOf(place: Place, definition = ""): string {
  return ownPath(place, "task-definition", definition) ?? definition;
}

/** Returns the id of the task set that an id or an ARN tells. */
export function taskSetIdOf(place: Place, taskSet = ""): string {
  const path = ownPath(place, "task-set", taskSet);
  return path === undefined ? taskSet : path.split("/").slice(2).join("/");
}

/** What follows on the kind in an ARN of ECS. Undefined for what is no such ARN; a Fault for one of another region or account. */
function ownPath(place: Place, kind: string, text: string): string | undefined {
  if (!text.startsWith("arn:")) return undefined;
  const prefix = arnOf(place, `${kind}/`);
  if (text.startsWith(prefix)) return text.slice(prefix.length);
  throw invalid(`Invalid identifier: an ARN that begins with ${prefix} is wanted, not ${text.slice(0, 300)}`);
}

/** ECS's answer to a parameter that it cannot use. */
export const invalid = (message: string): Fault => new Fault("InvalidParameterException", message);

/** ECS's answer to a request that cannot be carried out as things are. */
export const clientFault = (message: string): Fault => new Fault("ClientException", message);

/** A name that ECS allows, or a Fault that says which are allowed. */
export function checkedName(what: string, name: string | undefined): string {
  if (name === undefined || name === "") throw invalid(`${what} name can not be blank.`);
  if (!/^[\w-]{1,255}$/.test(name))
    throw invalid(
      `${what} name has an invalid format: up to 255 letters (uppercase and lowercase), numbers, underscores, and hyphens are allowed, not '${name.slice(0, 300)}'`,
    );
  return name;
}
