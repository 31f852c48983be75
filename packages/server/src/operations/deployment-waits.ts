import { isOver, stopMessage } from "@sluice/engine";
import { fault } from "../faults.ts";
import type { DeploymentRecord } from "../store/deployments/records.ts";
import { type CodeDeployOperations, type Context, deploymentOf, platformOf } from "./context.ts";

/** The operations that end a deployment or one of its waits (api.md §2.7, §2.9). They record the request. */
export const deploymentWaitOperations = {
  async StopDeployment(context, { deploymentId = "", autoRollbackEnabled }) {
    const { store, clock, wake } = context;
    await store.write(() => {
      const { state } = deploymentOf(context, deploymentId);
      // A stop that is repeated after it has taken effect is no error: that is how callers learn of it (api.md §2.7).
      if (isOver(state)) {
        if (state.stopRequestedAt === undefined) throw alreadyCompleted(deploymentId);
        return;
      }
      if (state.steps.some(({ name }) => name === "end original instances" || name === "delete original task set"))
        throw unsupported(
          `The deployment ${deploymentId} is terminating its original instances, and can no longer be stopped`,
        );
      store.deployments.requestStop(
        deploymentId,
        { at: clock(), actor: context.call.principal.arn },
        autoRollbackEnabled,
      );
    });
    wake(deploymentId);
    const { state: deployment } = deploymentOf(context, deploymentId);
    if (isOver(deployment))
      return {
        status: "Succeeded",
        statusMessage: "No more commands will be scheduled for execution in the deployment instances",
      };
    const targets = store.deployments.targets(deploymentId);
    return { status: "Pending", statusMessage: stopMessage({ deployment, targets }) };
  },

  async ContinueDeployment(context, { deploymentId = "", deploymentWaitType = "READY_WAIT" }) {
    const { store, clock, wake } = context;
    await store.write(() => {
      const record = waitingDeployment(context, deploymentId);
      if (deploymentWaitType === "READY_WAIT" && record.state.status !== "Ready")
        throw fault(
          "DeploymentIsNotInReadyState",
          `The deployment ${deploymentId} is ${record.state.status}, and not Ready`,
        );
      if (deploymentWaitType === "TERMINATION_WAIT" && !isInTerminationWait(record))
        throw fault(
          "InvalidDeploymentStatus",
          `The deployment ${deploymentId} is not waiting for the termination of its original instances`,
        );
      store.deployments.requestContinue(deploymentId, deploymentWaitType, {
        at: clock(),
        actor: context.call.principal.arn,
      });
    });
    wake(deploymentId);
  },

  async SkipWaitTimeForInstanceTermination(context, { deploymentId = "" }) {
    const { store, clock, wake } = context;
    await store.write(() => {
      if (!isInTerminationWait(waitingDeployment(context, deploymentId)))
        throw fault(
          "DeploymentNotStarted",
          `The deployment ${deploymentId} has not started to wait for the termination of its original instances`,
        );
      store.deployments.requestContinue(deploymentId, "TERMINATION_WAIT", {
        at: clock(),
        actor: context.call.principal.arn,
      });
    });
    wake(deploymentId);
  },

  async PutLifecycleEventHookExecutionStatus(
    context,
    { deploymentId = "", lifecycleEventHookExecutionId: id = "", status },
  ) {
    const { store, clock, wake } = context;
    await store.write(() => {
      const record = deploymentOf(context, deploymentId);
      if (platformOf(context, record) === "Server")
        throw unsupported(`The deployment ${deploymentId} is to servers, whose hooks are scripts`);
      const events = store.deployments.targets(deploymentId).flatMap((target) => target.events);
      const event = events.find(
        ({ command }) => command?.effect?.kind === "run hook" && command.effect.executionId === id,
      );
      const commandId = event?.command?.id;
      if (event === undefined || commandId === undefined)
        throw fault("InvalidLifecycleEventHookExecutionId", `The deployment ${deploymentId} has given no hook this id`);
      const isReported = store.commands
        .newReports(deploymentId)
        .some((answer) => answer.commandId === commandId && answer.kind === "completed");
      if (isReported || (event.status !== "Pending" && event.status !== "InProgress"))
        throw fault("LifecycleEventAlreadyCompleted", `The lifecycle event ${event.name} has already completed`);
      const outcome = status === "Succeeded" ? status : "Failed"; // no other status passes the checks of members
      store.commands.addReport({ commandId, at: clock(), kind: "completed", status: outcome }, deploymentId);
    });
    wake(deploymentId);
    return { lifecycleEventHookExecutionId: id };
  },
} satisfies CodeDeployOperations;

/** Returns a blue/green deployment that is not over, or throws: no other kind has waits (deployments.md §7.3). */
function waitingDeployment(context: Context, deploymentId: string): DeploymentRecord {
  const record = deploymentOf(context, deploymentId);
  if (record.request.deploymentStyle.deploymentType !== "BLUE_GREEN" || platformOf(context, record) === "Lambda")
    throw unsupported(`The deployment ${deploymentId} is not a blue/green deployment to servers, and has no such wait`);
  if (isOver(record.state)) throw alreadyCompleted(deploymentId);
  return record;
}

const isInTerminationWait = ({ state }: DeploymentRecord): boolean =>
  state.holds.some(({ name, endedAt }) => name === "TERMINATION_WAIT" && endedAt === undefined);

const alreadyCompleted = (id: string) =>
  fault("DeploymentAlreadyCompleted", `The deployment ${id} has already completed`);

const unsupported = (message: string) => fault("UnsupportedActionForDeploymentType", message);
