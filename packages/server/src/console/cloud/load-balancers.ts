import type { Clients } from "../../gateways/clients.ts";
import type { LoadBalancerTile, TargetGroupTile } from "../contract.ts";
import { allPages, withToken } from "./pages.ts";

/** The load balancers with their listeners. */
export async function loadBalancers(clients: Clients): Promise<readonly LoadBalancerTile[]> {
  const elb = await clients.loadBalancing();
  const found = await allPages(async (token) => {
    const { LoadBalancers, NextMarker } = await elb.describeLoadBalancers(withToken("Marker", token));
    return { rows: LoadBalancers, next: NextMarker };
  });
  return Promise.all(
    found.map(async ({ LoadBalancerName = "", LoadBalancerArn = "", Type, State, DNSName }) => {
      const { Listeners = [] } = await elb.describeListeners({ LoadBalancerArn });
      return {
        name: LoadBalancerName,
        arn: LoadBalancerArn,
        kind: Type ?? "application",
        state: State?.Code ?? "unknown",
        dnsName: DNSName,
        listeners: Listeners.map(({ ListenerArn = "", Port = 0, Protocol = "", DefaultActions = [] }) => ({
          arn: ListenerArn,
          port: Port,
          protocol: Protocol,
          weights: weightsOf(DefaultActions[0]),
        })),
      };
    }),
  );
}

interface Action {
  readonly TargetGroupArn?: string | undefined;
  readonly ForwardConfig?:
    | {
        readonly TargetGroups?:
          | readonly { readonly TargetGroupArn?: string | undefined; readonly Weight?: number | undefined }[]
          | undefined;
      }
    | undefined;
}

function weightsOf(action: Action | undefined): Readonly<Record<string, number>> {
  const groups = action?.ForwardConfig?.TargetGroups ?? [];
  if (groups.length > 0)
    return Object.fromEntries(groups.map(({ TargetGroupArn = "", Weight = 1 }) => [nameIn(TargetGroupArn), Weight]));
  return action?.TargetGroupArn === undefined ? {} : { [nameIn(action.TargetGroupArn)]: 1 };
}

/** `arn:…:targetgroup/NAME/ID`. */
const nameIn = (arn: string): string => arn.split("/").at(-2) ?? arn;

/** The target groups with the health of their targets. */
export async function targetGroups(clients: Clients): Promise<readonly TargetGroupTile[]> {
  const elb = await clients.loadBalancing();
  const found = await allPages(async (token) => {
    const { TargetGroups, NextMarker } = await elb.describeTargetGroups(withToken("Marker", token));
    return { rows: TargetGroups, next: NextMarker };
  });
  return Promise.all(
    found.map(async ({ TargetGroupName = "", TargetGroupArn = "", Port, LoadBalancerArns = [] }) => {
      const { TargetHealthDescriptions = [] } = await elb.describeTargetHealth({ TargetGroupArn });
      return {
        name: TargetGroupName,
        arn: TargetGroupArn,
        port: Port,
        loadBalancers: LoadBalancerArns.map(nameIn),
        targets: TargetHealthDescriptions.map(({ Target, TargetHealth }) => ({
          id: Target?.Id ?? "",
          port: Target?.Port,
          state: TargetHealth?.State ?? "unknown",
          reason: TargetHealth?.Reason,
          description: TargetHealth?.Description,
        })),
      };
    }),
  );
}
