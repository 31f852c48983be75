import type { World } from "../src/index.ts";

/** Returns what a gateway has to perform next for a deployment without hosts: a step, or the event of its only target. */
export function openEffect({ deployment, targets }: Pick<World, "deployment" | "targets">) {
  const step = deployment.steps.find(({ status }) => status === "InProgress");
  if (step !== undefined) return step;
  const command = targets[0]?.events.find(({ status }) => status === "InProgress")?.command;
  return command?.effect === undefined ? undefined : { ...command, effect: command.effect };
}
