import type { Checkpoint, Effect } from "@sluice/engine";
import { readAppSpecFile } from "./app-spec-file.ts";
import type { Clients } from "./clients.ts";
import { copyScalingGroup } from "./copy-scaling-group.ts";
import { checkFunction } from "./functions.ts";
import { allowTraffic, blockTraffic, checkLoadBalancers } from "./load-balancers.ts";
import { outcomeOfError, type EffectOutcome } from "./outcome.ts";
import {
  completeLifecycleAction,
  endOriginalInstances,
  recordHeartbeat,
  resumeProcesses,
  suspendProcesses,
} from "./scaling-groups.ts";

/** Work that only touches other AWS services. */
export type GatewayEffect = Exclude<Effect, { readonly kind: "move deployment group" | "run hook" | "shift traffic" }>;

/** Asks the gateway that knows the work, once. It may be asked again with the same work at any time. */
export async function perform(
  clients: Clients,
  effect: GatewayEffect,
  checkpoint: Checkpoint | undefined,
): Promise<EffectOutcome> {
  try {
    switch (effect.kind) {
      case "read AppSpec file":
        return await readAppSpecFile(clients, effect);
      case "check function":
        return await checkFunction(clients, effect);
      case "check load balancers":
        return await checkLoadBalancers(clients, effect);
      case "block traffic":
        return await blockTraffic(clients, effect, checkpoint);
      case "allow traffic":
        return await allowTraffic(clients, effect);
      case "suspend processes":
        return await suspendProcesses(clients, effect, checkpoint);
      case "resume processes":
        return await resumeProcesses(clients, effect);
      case "copy Auto Scaling group":
        return await copyScalingGroup(clients, effect, checkpoint);
      case "end original instances":
        return await endOriginalInstances(clients, effect);
      case "record heartbeat":
        return await recordHeartbeat(clients, effect);
      case "complete lifecycle action":
        return await completeLifecycleAction(clients, effect);
    }
  } catch (error) {
    return outcomeOfError(error);
  }
}
