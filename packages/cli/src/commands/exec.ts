import { execInInstance } from "@sluice/cloud/running-instances";
import type { Configuration } from "../config.ts";

/** Runs a command on a local instance, or in a container of a task, with this process's input and output. Returns its exit code. */
export function exec({ dataFolder }: Configuration, named: string, command: readonly string[]): Promise<number> {
  // A task may be named by its ARN, too.
  const instanceId = named.replace(/^arn:aws:ecs:[^/]*:task\/(?:[\w-]+\/)?/, "");
  if (!/^(?:i-[0-9a-f]{8,17}|[0-9a-f]{32}(?:\/[\w-]+)?)$/.test(instanceId))
    throw new Error(
      `Cannot run a command on "${named}": expected an instance id like "i-0123456789abcdef0", or a task's id with a container's name like "0123456789abcdef0123456789abcdef/web"`,
    );
  return execInInstance({ dataFolder, instanceId, argv: command, stdio: process });
}
