import type { Checkpoint, Effect, EffectOf } from "@sluice/engine";
import { readAppSpecFile } from "../gateways/app-spec-file.ts";
import { checkFunction } from "../gateways/check-function.ts";
import type { Clients } from "../gateways/clients.ts";
import { copyScalingGroup } from "../gateways/copy-scaling-group.ts";
import type { HookRuns } from "../gateways/hook-runs.ts";
import { allowTraffic, blockTraffic, checkLoadBalancers } from "../gateways/load-balancers.ts";
import { checkService } from "../gateways/ecs/check-service.ts";
import { createTaskSet } from "../gateways/ecs/create-task-set.ts";
import { deleteTaskSets, restoreService } from "../gateways/ecs/restore-service.ts";
import { resumeScaling, suspendScaling } from "../gateways/ecs/service-scaling.ts";
import { routeTestTraffic, shiftService } from "../gateways/ecs/shift-service.ts";
import { outcomeOfError, type EffectOutcome } from "../gateways/outcome.ts";
import {
  completeLifecycleAction,
  endOriginalInstances,
  recordHeartbeat,
  resumeProcesses,
  suspendProcesses,
} from "../gateways/scaling-groups.ts";
import { shiftTraffic } from "../gateways/shift-traffic.ts";
import type { DeploymentRecord } from "../store/deployments/records.ts";
import type { HookContext } from "./scaling/managed-hooks.ts";
import { moveGroup } from "./scaling/move-group.ts";

export interface EffectContext {
  readonly clients: Clients;
  readonly hookRuns: HookRuns;
  readonly hooks: HookContext;
  readonly record: DeploymentRecord;
  readonly now: number;
}

/** Performs an effect once. It may be called again with the same effect at any time. */
type Perform<Kind extends Effect["kind"]> = (
  context: EffectContext,
  effect: EffectOf<Kind>,
  checkpoint: Checkpoint | undefined,
) => Promise<EffectOutcome> | EffectOutcome;

const performers: { readonly [Kind in Effect["kind"]]: Perform<Kind> } = {
  "read AppSpec file": ({ clients }, effect) => readAppSpecFile(clients, effect),
  "check function": ({ clients }, effect) => checkFunction(clients, effect),
  "check load balancers": ({ clients }, effect) => checkLoadBalancers(clients, effect),
  "block traffic": ({ clients }, effect, checkpoint) => blockTraffic(clients, effect, checkpoint),
  "allow traffic": ({ clients }, effect) => allowTraffic(clients, effect),
  "suspend processes": ({ clients }, effect, checkpoint) => suspendProcesses(clients, effect, checkpoint),
  "resume processes": ({ clients }, effect) => resumeProcesses(clients, effect),
  "copy Auto Scaling group": ({ clients }, effect, checkpoint) => copyScalingGroup(clients, effect, checkpoint),
  "move deployment group": ({ hooks, record }, effect) => moveGroup(hooks, record, effect),
  "end original instances": ({ clients }, effect) => endOriginalInstances(clients, effect),
  "record heartbeat": ({ clients }, effect) => recordHeartbeat(clients, effect),
  "complete lifecycle action": ({ clients }, effect) => completeLifecycleAction(clients, effect),
  "run hook": ({ clients, hookRuns }, effect) => hookRuns.poll(clients, effect),
  "shift traffic": ({ clients, now }, effect, checkpoint) => shiftTraffic(clients, effect, { checkpoint, now }),
  "check service": ({ clients }, effect) => checkService(clients, effect),
  "suspend scaling": ({ clients }, effect, checkpoint) => suspendScaling(clients, effect, checkpoint),
  "resume scaling": ({ clients }, effect) => resumeScaling(clients, effect),
  "create task set": ({ clients }, effect, checkpoint) => createTaskSet(clients, effect, checkpoint),
  "route test traffic": ({ clients }, effect) => routeTestTraffic(clients, effect),
  "shift service": ({ clients, now }, effect, checkpoint) => shiftService(clients, effect, { checkpoint, now }),
  "restore service": ({ clients }, effect) => restoreService(clients, effect),
  "delete task sets": ({ clients }, effect) => deleteTaskSets(clients, effect),
};

/** Performs an effect once, and returns its outcome so far. It may be called again with the same effect at any time. */
export async function performEffect(
  context: EffectContext,
  effect: Effect,
  checkpoint: Checkpoint | undefined,
): Promise<EffectOutcome> {
  const perform = performers[effect.kind] as Perform<Effect["kind"]>; // the table has the one for this kind
  try {
    return await perform(context, effect, checkpoint);
  } catch (error) {
    return outcomeOfError(error);
  }
}
