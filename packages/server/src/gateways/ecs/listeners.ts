import type { Action, ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  greenPercent,
  isDivisible,
  type ListenerState,
  type RouteState,
  routeInWords,
  routesOf,
  type TargetGroupPair,
  weightsAt,
} from "@sluice/engine";
import { type EffectOutcome, refused } from "../outcome.ts";

/** A route with the actions that a change of it must keep. */
interface Route extends RouteState {
  readonly actions: readonly Action[];
}

interface Listener extends ListenerState {
  readonly routes: readonly Route[];
}

/** Reads a listener and its rules; undefined when there is no such listener. */
export async function readListener(elb: ElasticLoadBalancingV2, arn: string): Promise<Listener | undefined> {
  const { Listeners: [found] = [] } = await elb.describeListeners({ ListenerArns: [arn] }).catch(noListener);
  if (found === undefined) return undefined;
  const { Protocol: protocol = "", DefaultActions: actions = [] } = found;
  const routes = [{ actions, weights: weightsIn(actions) }, ...(await readRules(elb, arn, protocol))];
  return { protocol, routes };
}

function noListener(error: Error) {
  if (error.name === "ListenerNotFoundException") return { Listeners: [] };
  throw error;
}

/** Listeners of other protocols have no rules. */
async function readRules(elb: ElasticLoadBalancingV2, arn: string, protocol: string): Promise<readonly Route[]> {
  if (!isDivisible({ protocol })) return [];
  const routes: Route[] = [];
  let Marker: string | undefined;
  do {
    const page = await elb.describeRules({ ListenerArn: arn, Marker });
    for (const { RuleArn: rule, IsDefault: isDefault, Actions: actions = [] } of page.Rules ?? [])
      if (isDefault !== true) routes.push({ rule, actions, weights: weightsIn(actions) });
    Marker = page.NextMarker;
  } while (Marker !== undefined && Marker !== "");
  return routes;
}

function weightsIn(actions: readonly Action[]): RouteState["weights"] {
  const forward = actions.find(({ Type }) => Type === "forward");
  const groups = forward?.ForwardConfig?.TargetGroups ?? [];
  const only = forward?.TargetGroupArn;
  if (groups.length === 0) return only === undefined ? {} : { [only]: 1 };
  return Object.fromEntries(groups.map(({ TargetGroupArn = "", Weight = 1 }) => [TargetGroupArn, Weight]));
}

/** Where the traffic of a listener must go. */
export interface Routing {
  readonly listener: string;
  readonly pair: TargetGroupPair;
  /** The replacement's share. */
  readonly percent: number;
  /** The shares that this deployment may have set; undefined to change the listener whatever it is now. */
  readonly planned?: readonly number[] | undefined;
}

/**
 * Gives every route of a listener its weights, and changes nothing else of it. Returns a refusal if somebody else has
 * changed one of the routes: that is reported, not overwritten (deployments.md §12.3).
 */
export async function routeTraffic(
  elb: ElasticLoadBalancingV2,
  { listener: arn, pair, percent, planned }: Routing,
): Promise<EffectOutcome | undefined> {
  const listener = await readListener(elb, arn);
  if (listener === undefined) return refused("ELASTIC_LOAD_BALANCING_INVALID", `The listener ${arn} has been deleted`);
  const routes = routesOf(listener, pair);
  const foreign =
    planned && listener.routes.find((route) => isForeign(route, { pair, planned, isAlone: routes.length === 0 }));
  if (foreign !== undefined)
    return refused(
      "ECS_UPDATE_ERROR",
      `The listener ${arn} was changed by somebody else while its traffic moved: ${routeInWords(foreign)}`,
    );
  for (const route of listener.routes)
    if (routes.includes(route) && !isAsWanted(route, { listener, pair, percent })) {
      const Actions = actionsFor(route, { listener, pair, percent });
      if (route.rule === undefined) await elb.modifyListener({ ListenerArn: arn, DefaultActions: Actions });
      else await elb.modifyRule({ RuleArn: route.rule, Actions });
    }
  return undefined;
}

/** Whether a route is in no state of the plan. One that has never led to the pair is nobody's change, while another does. */
function isForeign(
  route: RouteState,
  about: { readonly pair: TargetGroupPair; readonly planned: readonly number[]; readonly isAlone: boolean },
): boolean {
  const { pair, planned, isAlone } = about;
  if (!(pair.blue in route.weights) && !(pair.green in route.weights)) return isAlone;
  const percent = greenPercent(route, pair);
  return percent === undefined || !planned.includes(percent);
}

interface Wanted {
  readonly listener: Listener;
  readonly pair: TargetGroupPair;
  readonly percent: number;
}

function isAsWanted(route: Route, { listener, pair, percent }: Wanted): boolean {
  if (!isDivisible(listener)) return greenPercent(route, pair) === percent;
  const wanted = weightsAt(percent, pair);
  return Object.keys(wanted).every((group) => route.weights[group] === wanted[group]);
}

/** The actions of a route with other weights: authentication, stickiness and whatever else there is stay as they are. */
function actionsFor({ actions }: Route, { listener, pair, percent }: Wanted): Action[] {
  const weights = Object.entries(weightsAt(percent, pair));
  return actions.map((action): Action => {
    if (action.Type !== "forward") return kept(action);
    const { TargetGroupArn: _only, ForwardConfig, ...rest } = action;
    if (!isDivisible(listener)) return { ...rest, TargetGroupArn: percent === 100 ? pair.green : pair.blue };
    const TargetGroups = weights.map(([TargetGroupArn, Weight]) => ({ TargetGroupArn, Weight }));
    return { ...rest, ForwardConfig: { ...ForwardConfig, TargetGroups } };
  });
}

/** A client secret is never shown: the one that the listener has must be asked for. */
const kept = (action: Action): Action =>
  action.AuthenticateOidcConfig === undefined
    ? action
    : { ...action, AuthenticateOidcConfig: { ...action.AuthenticateOidcConfig, UseExistingClientSecret: true } };
