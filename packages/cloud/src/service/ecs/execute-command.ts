import { Fault } from "@sluice/aws-protocol";
import type { EcsOperations } from "./context.ts";
import { invalid } from "./names.ts";
import { taskOf } from "./tasks/find-task.ts";

/** Runs commands in containers. */
export const executeCommandOperations: EcsOperations = {
  ExecuteCommand(context, { cluster, task, container, interactive, command = "" }) {
    const found = taskOf(context, { cluster, task });
    if (interactive !== true) throw invalid("Interactive is the only mode supported currently.");
    if (container === undefined && found.containers.length > 1)
      throw invalid("The task has more than one container: a container must be named.");
    const wanted = found.containers.find(({ name }) => container === undefined || name === container);
    if (wanted === undefined) throw invalid(`The container ${container} is not part of the task.`);
    if (!found.allowsCommands)
      throw invalid(
        "The execute command failed because execute command was not enabled when the task was run or the execute command agent isn’t running. Wait and try again or run a new task with execute command enabled and try again.",
      );
    if (wanted.lastStatus !== "RUNNING")
      throw new Fault(
        "TargetNotConnectedException",
        "The execute command failed due to an internal error. Try again later.",
      );
    // A session of Session Manager is a protocol of its own, which the CLI leaves to a plugin that no system packages.
    throw new Fault(
      "ClientException",
      `Sessions of Session Manager are not there in the local cloud. Run it so: sluice exec ${found.id}/${wanted.name} ${command}`,
    );
  },
};
