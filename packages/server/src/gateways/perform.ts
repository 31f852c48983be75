import type { Noted, Work } from "@sluice/engine";
import { readAppSpecFile } from "./app-spec-file.ts";
import type { Clients } from "./clients.ts";
import { copyScalingGroup } from "./copy-scaling-group.ts";
import { checkFunction } from "./functions.ts";
import { allowTraffic, blockTraffic, checkLoadBalancers } from "./load-balancers.ts";
import { outcomeOfError, type WorkOutcome } from "./outcome.ts";
import {
  completeLifecycleAction,
  endOriginalInstances,
  recordHeartbeat,
  resumeProcesses,
  suspendProcesses,
} from "./scaling-groups.ts";

/** Work that only touches other AWS services. */
export type OutsideWork = Exclude<Work, { readonly work: "move deployment group" | "run hook" | "shift traffic" }>;

/** Asks the gateway that knows the work, once. It may be asked again with the same work at any time. */
export async function perform(clients: Clients, work: OutsideWork, noted: Noted | undefined): Promise<WorkOutcome> {
  try {
    switch (work.work) {
      case "read AppSpec file":
        return await readAppSpecFile(clients, work);
      case "check function":
        return await checkFunction(clients, work);
      case "check load balancers":
        return await checkLoadBalancers(clients, work);
      case "block traffic":
        return await blockTraffic(clients, work, noted);
      case "allow traffic":
        return await allowTraffic(clients, work);
      case "suspend processes":
        return await suspendProcesses(clients, work, noted);
      case "resume processes":
        return await resumeProcesses(clients, work);
      case "copy Auto Scaling group":
        return await copyScalingGroup(clients, work, noted);
      case "end original instances":
        return await endOriginalInstances(clients, work);
      case "record heartbeat":
        return await recordHeartbeat(clients, work);
      case "complete lifecycle action":
        return await completeLifecycleAction(clients, work);
    }
  } catch (error) {
    return outcomeOfError(error);
  }
}
