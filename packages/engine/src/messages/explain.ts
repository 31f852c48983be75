import { agentIssue, healthConstraints } from "./messages.ts";
import type { Counts } from "../rules/minimum-healthy-hosts.ts";
import { isTolerated } from "../target.ts";
import type { ErrorInformation, LifecycleEvent, Target, World } from "../world.ts";

/**
 * Returns why too few hosts have the revision: their agents, when those are the cause on every failed host
 * (deployments.md §13, 9).
 */
export function tooManyFailed(targets: readonly Target[], counts: Counts): ErrorInformation {
  const issues = targets.flatMap(({ id, status, events }) => {
    const issue = events.find((event) => event.agentIssue !== undefined)?.agentIssue;
    return status === "Failed" && issue !== undefined ? [{ id, issue }] : [];
  });
  if (issues.length > 0 && issues.length === counts.failed) return agentIssue(issues);
  return roleRefusal(targets, counts) ?? healthConstraints(counts);
}

/**
 * Returns what the service role may not do, when that is the cause on every failed host: deploying again would change
 * nothing.
 */
export function roleRefusal(targets: readonly Target[], counts: Counts): ErrorInformation | undefined {
  const refusals = targets.flatMap(({ status, events }) => {
    const error = events.find((event) => event.status === "Failed" && event.error?.code.startsWith("IAM_ROLE_"))?.error;
    return status === "Failed" && error !== undefined ? [error] : [];
  });
  return refusals.length === counts.failed ? refusals[0] : undefined;
}

/**
 * Returns one sentence about what failed first, because AWS's own text is the same for every failure (§13, 16).
 * Undefined when nothing failed.
 */
export function rootCause(world: World): string | undefined {
  const failures = world.targets.flatMap((target) =>
    target.events
      .filter((event) => event.status === "Failed" && !isTolerated(world, event))
      .map((event) => ({ target, event })),
  );
  const [first] = failures.toSorted((a, b) => (a.event.endTime ?? 0) - (b.event.endTime ?? 0));
  return first && sentence(first.target, first.event);
}

function sentence({ id }: Target, { name, diagnostics }: LifecycleEvent): string {
  const message = diagnostics?.message ?? "";
  const lastLine = diagnostics?.logTail.trimEnd().split("\n").at(-1) ?? "";
  return `${id} failed first, at ${name}${message === "" ? "" : `: ${message}`}${lastLine === "" ? "" : ` (${lastLine})`}`;
}
