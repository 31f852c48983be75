import type { ListenerState, RouteState, TargetGroupPair } from "../model/ecs-plan.ts";

/** Returns the routes of a listener that lead to one of two target groups, the others are not the deployment's (deployments.md §12.3). */
export const routesOf = (listener: ListenerState, pair: TargetGroupPair): readonly RouteState[] =>
  listener.routes.filter(({ weights }) => pair.blue in weights || pair.green in weights);

/** Whether a listener's traffic can go to two target groups: a Network Load Balancer's goes to one (deployments.md §12.1). */
export const isDivisible = ({ protocol }: Pick<ListenerState, "protocol">): boolean =>
  protocol === "HTTP" || protocol === "HTTPS";

/**
 * Returns the replacement's share of a route's traffic, in percent; undefined where a third target group has a part of
 * it.
 */
export function greenPercent({ weights }: RouteState, { blue, green }: TargetGroupPair): number | undefined {
  if (Object.keys(weights).some((group) => group !== blue && group !== green)) return undefined;
  const [stays = 0, goes = 0] = [weights[blue], weights[green]];
  return stays + goes === 0 ? undefined : Math.round((goes * 100) / (stays + goes));
}

/** Returns the weights of two target groups: whole numbers that sum to 100 (deployments.md §12.3). */
export const weightsAt = (percent: number, { blue, green }: TargetGroupPair): Readonly<Record<string, number>> => ({
  [blue]: 100 - percent,
  [green]: percent,
});

/** A route as a person reads it, with the names of target groups. */
export function routeInWords({ rule, weights }: RouteState): string {
  const what = rule === undefined ? "its default action" : `its rule ${rule}`;
  const groups = Object.entries(weights);
  const shares = groups.map(([group, weight]) => `${targetGroupName(group)} (weight ${weight})`);
  return `${what} forwards to ${shares.length === 0 ? "no target group" : shares.join(" and ")}`;
}

/** Returns the name of a target group, which is a part of its ARN. */
export const targetGroupName = (arn: string): string => arn.split("/")[1] ?? arn;
