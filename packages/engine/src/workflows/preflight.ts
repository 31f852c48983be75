import { done, due, failed, type Progress, type Stage } from "./workflow.ts";
import { balancersUnknown, balancersIdle, servesElsewhere } from "../messages/messages.ts";
import { hostsOf, runStep } from "./stages.ts";
import type { Step, World } from "../world.ts";

/** Checks the load balancers before anything moves: what cannot work is refused or warned of (deployments.md §5.5). */
export const preflight: Stage = (world) => {
  const { balancers, scalingGroups = [] } = world.deployment;
  if (balancers === undefined) return done;
  const instances = hostsOf(world, "selected").map(({ id }) => id);
  const effect = { kind: "check load balancers", balancers, instances, scalingGroups } as const;
  return runStep("check load balancers", effect, judge)(world);
};

function judge({ checkpoint }: Step, world: World): Progress {
  const facts = checkpoint?.balancers;
  const { kind, balancers, notes } = world.deployment;
  if (facts === undefined || balancers === undefined) return done;
  if (facts.unknown.length > 0) return failed(balancersUnknown(facts.unknown));
  // Unlike AWS: traffic that the group's load balancers do not carry would go on reaching hosts during a deployment,
  // and in blue/green would reach no host in the end.
  const isElsewhere = facts.registered === 0 && facts.elsewhere.length > 0;
  if (isElsewhere && kind === "blue-green") return failed(servesElsewhere(balancers, facts.elsewhere));
  if (facts.idle.length > 0 && kind === "blue-green") return failed(balancersIdle(facts.idle));
  const warnings = [
    ...(isElsewhere ? [servesElsewhere(balancers, facts.elsewhere).message] : []),
    ...(facts.idle.length > 0 ? [balancersIdle(facts.idle).message] : []),
  ];
  const warning = warnings.find((text) => !notes.includes(text));
  return warning === undefined ? done : due({ do: "warn", because: warning });
}
