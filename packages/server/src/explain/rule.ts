import { disruptionBudget, type Deployment, isOver, type MinimumHealthyHosts, type Target } from "@sluice/engine";
import type { Counts, Rule } from "./explanation.ts";
import { hasFailed } from "./failures.ts";
import type { Snapshot } from "./snapshot.ts";

/** Returns how many targets are in which state. */
export function countsOf(targets: readonly Pick<Target, "status">[]): Counts {
  const counts = { total: targets.length, succeeded: 0, failed: 0, skipped: 0, inProgress: 0, pending: 0 };
  for (const target of targets) counts[memberOf(target)] += 1;
  return counts;
}

function memberOf(target: Pick<Target, "status">): Exclude<keyof Counts, "total"> {
  if (hasFailed(target)) return "failed";
  switch (target.status) {
    case "Succeeded":
      return "succeeded";
    case "Skipped":
      return "skipped";
    case "Pending":
      return "pending";
    default:
      return "inProgress";
  }
}

/**
 * Returns what has decided the end of a deployment. While it runs: the rule that would stop it, with how much of its
 * allowance is used. Undefined when no target has failed and nothing has ended it.
 */
export function ruleOf(snapshot: Snapshot): Rule | undefined {
  const { deployment, targets, configuration } = snapshot;
  const { error } = deployment;
  const rolled = rolledOut(deployment, targets);
  const failed = rolled.filter(hasFailed).length;
  const isByHealth =
    error === undefined ? failed > 0 : error.code === "HEALTH_CONSTRAINTS" || error.code === "AGENT_ISSUE";
  if (isByHealth && deployment.kind !== "lambda" && deployment.kind !== "ecs") {
    if (rolled.length < targets.length && failed === 0) return originalsRule(deployment, targets);
    const zone = zoneThatEnded(deployment, rolled);
    const rule =
      zone === undefined
        ? { targets: rolled, value: deployment.minimumHealthyHosts }
        : { targets: rolled.filter((target) => target.zone === zone.name), value: zone.value };
    return healthRule(rule, { code: error?.code ?? "HEALTH_CONSTRAINTS", configuration, zone: zone?.name });
  }
  return error === undefined ? undefined : { code: error.code, text: textOf(snapshot, error) };
}

/** Targets for which minimum healthy hosts count: original hosts of a blue/green deployment have a rule of their own. */
const rolledOut = ({ kind }: Deployment, targets: readonly Target[]): readonly Target[] =>
  kind === "blue-green" ? targets.filter(({ label }) => label !== "Blue") : targets;

function originalsRule({ error }: Deployment, targets: readonly Target[]): Rule {
  const originals = targets.filter(({ label }) => label === "Blue");
  const failed = originals.filter(hasFailed).length;
  const text = `${failed} of ${originals.length} original instances could not be taken out of their load balancers, and none may fail`;
  return { code: error?.code ?? "HEALTH_CONSTRAINTS", text, failed, total: originals.length, allowed: 0 };
}

/** A zone's own minimum has ended the deployment when its allowance is used up and that of the whole is not. */
function zoneThatEnded({ zonal, minimumHealthyHosts }: Deployment, targets: readonly Target[]) {
  if (zonal === undefined) return undefined;
  const value = zonal.minimumHealthyHostsPerZone;
  const isUsedUp = (some: readonly Target[], rule: MinimumHealthyHosts) =>
    some.filter(hasFailed).length >= Math.max(1, disruptionBudget(rule, some.length).unavailable);
  if (isUsedUp(targets, minimumHealthyHosts)) return undefined;
  for (const [name, some] of Map.groupBy(targets, (target) => target.zone))
    if (name !== undefined && isUsedUp(some, value)) return { name, value };
  return undefined;
}

function healthRule(
  { targets, value }: { readonly targets: readonly Target[]; readonly value: MinimumHealthyHosts },
  about: { readonly code: string; readonly configuration: string; readonly zone: string | undefined },
): Rule {
  const total = targets.length;
  const failed = targets.filter(hasFailed).length;
  const { minimumHealthy, unavailable } = disruptionBudget(value, total);
  const allowed = Math.max(0, unavailable);
  const where = about.zone === undefined ? "" : ` in ${about.zone}`;
  // No other target is taken out of service once as many have failed as may be unavailable.
  const share =
    failed > 0 && failed === allowed ? "as many as may be unavailable" : `at most ${allowed} may be unavailable`;
  const text = `${failed} of ${total} failed${where}, ${share} under ${about.configuration} (${value.type} ${value.value}: ${minimumHealthy} of ${total} must stay healthy)`;
  return { ...about, text, failed, total, allowed, minimumHealthy };
}

/** AWS's text, or a shorter one where more is known. */
function textOf({ deployment, stoppedBy }: Snapshot, error: NonNullable<Deployment["error"]>): string {
  if (error.code === "MANUAL_STOP" && isOver(deployment))
    return stoppedBy === undefined ? "somebody asked it to stop" : `${stoppedBy} asked it to stop`;
  return error.message;
}
