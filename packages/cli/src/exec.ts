import { execInInstance } from "@sluice/cloud/running-instances";
import type { Configuration } from "./config.ts";

/** Runs a command on a local instance, with this process's input and output. Gives its exit code. */
export function exec({ dataFolder }: Configuration, instanceId: string, command: readonly string[]): Promise<number> {
  if (!/^i-[0-9a-f]{8,17}$/.test(instanceId))
    throw new Error(`Cannot run a command on "${instanceId}": an instance id like "i-0123456789abcdef0" is wanted`);
  return execInInstance({ dataFolder, instanceId, argv: command, stdio: process });
}
