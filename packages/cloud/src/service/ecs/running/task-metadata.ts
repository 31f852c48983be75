import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { EcsContext } from "../context.ts";
import { definitionNamed } from "../definitions/find-definition.ts";
import { clusterArn, containerArn, taskArn } from "../names.ts";
import { type Container, isWanted, type Task } from "../tasks/task.ts";

/** Where tasks ask about themselves: ECS's own address. */
const address = "169.254.170.2";

/** What a task's variables say of where its metadata is (task metadata endpoint version 4). */
export const metadataUrl = ({ id }: Pick<Task, "id">): string => `http://${address}/v4/${id}`;

/** Returns the path of the keys of a task's role. */
export const credentialsPath = ({ id }: Pick<Task, "id">): string => `/v2/credentials/${id}`;

/** Answers what one task asks about itself. Who asks is known by the link that the question came by. */
export function taskMetadata(context: EcsContext): (taskId: string) => RequestListener {
  return (taskId) => (request, response) => {
    const task = context.tasks.find(taskId);
    if (task === undefined || !isToAddress(request)) return send(response, 404, { message: "not found" });
    answer(context, task, request.url ?? "/").then(
      (found) => send(response, found === undefined ? 404 : 200, found ?? { message: "not found" }),
      () => send(response, 500, { message: "the keys of the task's role cannot be had" }),
    );
  };
}

/** Whether a request was sent to the address itself: a page may have let another name lead here. */
const isToAddress = ({ headers }: IncomingMessage) => (headers.host ?? "").split(":")[0] === address;

function send(response: ServerResponse, status: number, found: object): void {
  const text = JSON.stringify(found);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

async function answer(context: EcsContext, task: Task, url: string): Promise<object | undefined> {
  const path = url.split("?", 1)[0];
  const own = `/v4/${task.id}`;
  if (path === credentialsPath(task)) return credentials(context, task);
  if (path === `${own}/task` || path === `/v3/${task.id}/task`) return describe(context, task);
  if (path === own || path === `/v3/${task.id}`) {
    const [first] = task.containers;
    return first && describeContainer(context, task, first);
  }
  return undefined;
}

async function credentials(context: EcsContext, task: Task): Promise<object | undefined> {
  const role = task.overrides.taskRoleArn ?? definitionNamed(context, task.definition).asGiven.taskRoleArn;
  if (role === undefined || !isWanted(task)) return undefined;
  const keys = await context.roles.keys(role, task.id);
  return {
    RoleArn: role,
    AccessKeyId: keys.accessKeyId,
    SecretAccessKey: keys.secretAccessKey,
    Token: keys.sessionToken,
    Expiration: new Date(keys.expiresAt).toISOString().replace(/\.\d+Z$/, "Z"),
  };
}

function describe(context: EcsContext, task: Task): object {
  const [family, revision] = task.definition.split(":");
  return {
    Cluster: clusterArn(context, task.cluster),
    TaskARN: taskArn(context, task),
    Family: family,
    Revision: revision,
    ServiceName: task.service,
    DesiredStatus: task.desiredStatus,
    KnownStatus: task.lastStatus,
    AvailabilityZone: task.network.zone,
    LaunchType: "FARGATE",
    Containers: task.containers.map((container) => describeContainer(context, task, container)),
  };
}

function describeContainer(context: EcsContext, task: Task, container: Container): object {
  return {
    DockerId: container.runtimeId,
    Name: container.name,
    DockerName: container.name,
    ResolvedImage: container.image,
    ImageID: container.imageDigest,
    DesiredStatus: task.desiredStatus,
    KnownStatus: container.lastStatus,
    Type: "NORMAL",
    ContainerARN: containerArn(context, task, container),
    Networks: [{ NetworkMode: "awsvpc", IPv4Addresses: [task.network.address] }],
  };
}
