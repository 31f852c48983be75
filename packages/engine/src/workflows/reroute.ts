import { lifecycleEvents as events } from "../appspec/lifecycle-events.ts";
import type { Workflow } from "./workflow.ts";
import { rollOut } from "./roll-out.ts";
import { addTargets, beginDeployment, workflow } from "./stages.ts";
import type { World } from "../world.ts";

const rule = "all at once, and none may fail";

/**
 * The rollback of a blue/green deployment whose original hosts still run: they get their traffic back, then the
 * replacement loses it (deployments.md §7.4). If no traffic has moved, it ends at once.
 */
export function reroute({ deployment }: World): Workflow {
  const { back = [], away = [] } = deployment.reroute ?? {};
  return workflow([
    beginDeployment,
    addTargets({ hosts: back, events: events.allowTraffic, label: "Blue" }),
    addTargets({ hosts: away, events: events.blockTraffic, label: "Green" }),
    rollOut({ of: ({ label }) => label === "Blue", events: events.allowTraffic, rule }),
    rollOut({ of: ({ label }) => label === "Green", events: events.blockTraffic, rule }),
  ]);
}
