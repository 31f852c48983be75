import type { ECS, Task } from "@aws-sdk/client-ecs";
import { printable } from "@sluice/aws-protocol/printable";
import type { Clients } from "../clients.ts";
import { isDenied, isNamed } from "../outcome.ts";

/** Lines that are told, and characters of each. */
const linesMax = 5;
const charactersMax = 200;

/**
 * Returns the last lines that a stopped task's container wrote, from CloudWatch Logs; undefined when its output does not
 * go there, when nothing is there (yet), or when the role may not look.
 */
export async function lastOutput(
  clients: Clients,
  { taskArn = "", taskDefinitionArn }: Task,
  container: string,
): Promise<string | undefined> {
  try {
    const place = await logPlace(await clients.ecs(), { taskDefinitionArn, container });
    if (place === undefined) return undefined;
    const logs = await clients.cloudWatchLogs();
    const { events = [] } = await logs.getLogEvents({
      logGroupName: place.group,
      logStreamName: `${place.prefix}/${container}/${taskArn.slice(taskArn.lastIndexOf("/") + 1)}`,
      limit: linesMax,
      startFromHead: false,
    });
    const lines = events.slice(-linesMax).map(({ message = "" }) => printable(message.trimEnd(), charactersMax));
    return lines.length === 0 ? undefined : lines.join(" | ");
  } catch (error) {
    if (isDenied(error) || isNamed(error, "ResourceNotFoundException")) return undefined;
    throw error;
  }
}

/** Where the output of a container goes. Without a prefix Fargate refuses a definition, and elsewhere nobody knows the stream's name. */
async function logPlace(
  ecs: ECS,
  { taskDefinitionArn, container }: { readonly taskDefinitionArn: string | undefined; readonly container: string },
): Promise<{ readonly group: string; readonly prefix: string } | undefined> {
  const { taskDefinition } = await ecs.describeTaskDefinition({ taskDefinition: taskDefinitionArn });
  const found = taskDefinition?.containerDefinitions?.find(({ name }) => name === container)?.logConfiguration;
  const { "awslogs-group": group, "awslogs-stream-prefix": prefix, "awslogs-region": region } = found?.options ?? {};
  const isElsewhere = region !== undefined && region !== (await ecs.config.region());
  if (found?.logDriver !== "awslogs" || group === undefined || prefix === undefined || isElsewhere) return undefined;
  return { group, prefix };
}
