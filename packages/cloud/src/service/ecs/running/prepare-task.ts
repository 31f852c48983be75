import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import { Fault } from "@sluice/aws-protocol";
import type { ResolvedImage } from "../../../images/index.ts";
import type { LogPlace } from "../../logs/index.ts";
import type { EcsContext } from "../context.ts";
import type { Definition } from "../definitions/definition.ts";
import type { Task } from "../tasks/task.ts";

/** A container with everything that it needs from elsewhere. */
export interface PreparedContainer {
  readonly definition: ContainerDefinition;
  /** Absent for one that runs already. */
  readonly image?: ResolvedImage | undefined;
  readonly secrets: Readonly<Record<string, string>>;
  /** Where its output goes; absent: nowhere. */
  readonly log?: LogPlace | undefined;
}

/** Why a task cannot be started, and the container whose fault that is. */
export class CannotStart extends Error {
  readonly container: string | undefined;

  constructor(message: string, container?: string) {
    super(message);
    this.name = "CannotStart";
    this.container = container;
  }
}

/** Gets a task's images, the values of its secrets, and places for its output. Containers that run already are asked for nothing. Throws CannotStart in AWS's words. */
export async function prepareTask(
  context: EcsContext,
  task: Task,
  { definition: { asGiven }, running }: { readonly definition: Definition; readonly running: ReadonlySet<string> },
): Promise<readonly PreparedContainer[]> {
  const role = task.overrides.executionRoleArn ?? asGiven.executionRoleArn;
  return Promise.all(
    (asGiven.containerDefinitions ?? []).map(async (definition): Promise<PreparedContainer> => {
      const log = logPlace(definition, task.id);
      if (running.has(definition.name ?? "")) return { definition, secrets: {}, log };
      const image = await pull(context, role, definition);
      const secrets = secretsOf(context, role, definition);
      if (log !== undefined) checkLog(context, role, { definition, place: log });
      return { definition, image, secrets, log };
    }),
  );
}

async function pull(
  context: EcsContext,
  role: string | undefined,
  { name, image = "" }: ContainerDefinition,
): Promise<ResolvedImage> {
  const refusal = context.pullsAsRole ? pullRefusal(context, role, image) : undefined;
  if (refusal !== undefined) throw new CannotStart(refusal, name);
  try {
    return await context.images.resolve(image);
  } catch (error) {
    throw new CannotStart(error instanceof Error ? error.message : String(error), name);
  }
}

/** Why the execution role may not pull an image of this house's registry, in AWS's words; what follows the colon of the second is ours (BEYOND). */
function pullRefusal(context: EcsContext, role: string | undefined, image: string): string | undefined {
  const repository = context.images.repositoryOf(image);
  if (repository === undefined) return undefined;
  const login = refusalOf(context, role, { action: "ecr:GetAuthorizationToken", resource: "*" });
  if (login !== undefined)
    return `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 1 time(s): AccessDeniedException: ${login}`;
  const resource = `arn:aws:ecr:${context.region}:${context.accountId}:repository/${repository}`;
  const refusals = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"].map((action) =>
    refusalOf(context, role, { action, resource }),
  );
  const refused = refusals.find((refusal) => refusal !== undefined);
  return refused && `CannotPullContainerError: failed to resolve ref ${image}: 403 Forbidden: ${refused}`;
}

function secretsOf(
  context: EcsContext,
  role: string | undefined,
  { name, secrets = [] }: ContainerDefinition,
): Readonly<Record<string, string>> {
  const fail = (why: string) =>
    new CannotStart(
      `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): ${why}`,
      name,
    );
  return Object.fromEntries(
    secrets.map(({ name: variable = "", valueFrom = "" }) => {
      if (/^arn:aws[a-z-]*:secretsmanager:/.test(valueFrom))
        throw fail(`the local cloud has no Secrets Manager for ${valueFrom}: parameters of Systems Manager are there`);
      const found = context.parameter(valueFrom);
      if (found === undefined) throw fail(`invalid parameters: ${valueFrom}`);
      const refusal = refusalOf(context, role, { action: "ssm:GetParameters", resource: found.arn });
      if (refusal !== undefined) throw fail(`AccessDeniedException: ${refusal}`);
      return [variable, found.value];
    }),
  );
}

function logPlace({ logConfiguration, name }: ContainerDefinition, taskId: string): LogPlace | undefined {
  if (logConfiguration === undefined) return undefined;
  const { "awslogs-group": group = "", "awslogs-stream-prefix": prefix } = logConfiguration.options ?? {};
  return { group, stream: prefix === undefined ? taskId : `${prefix}/${name}/${taskId}` };
}

function checkLog(
  context: EcsContext,
  role: string | undefined,
  { definition, place }: { readonly definition: ContainerDefinition; readonly place: LogPlace },
): void {
  const { logConfiguration, name } = definition;
  const fail = (why: string) =>
    new CannotStart(
      `ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ${why} : exit status 1`,
      name,
    );
  const { region, accountId } = context;
  const resource = `arn:aws:logs:${region}:${accountId}:log-group:${place.group}:log-stream:${place.stream}`;
  const refusal = refusalOf(context, role, { action: "logs:CreateLogStream", resource });
  if (refusal !== undefined) throw fail(`AccessDeniedException: ${refusal}`);
  const mayMake = logConfiguration?.options?.["awslogs-create-group"] === "true";
  if (!mayMake && !context.logs.hasGroup(place.group))
    throw fail("ResourceNotFoundException: The specified log group does not exist.");
}

/** What a task needs from elsewhere it gets as its execution role. */
function refusalOf(
  { roles }: EcsContext,
  role: string | undefined,
  access: { readonly action: string; readonly resource: string },
): string | undefined {
  return role === undefined ? "the task definition has no execution role" : roles.refusal(role, access);
}

/** What a failure to start says, in AWS's words. */
export function whyNotStarted(error: unknown): { readonly reason: string; readonly container?: string | undefined } {
  if (error instanceof CannotStart) return { reason: error.message, container: error.container };
  if (error instanceof Fault) return { reason: `ResourceInitializationError: ${error.code}: ${error.message}` };
  return { reason: `ResourceInitializationError: ${error instanceof Error ? error.message : String(error)}` };
}
