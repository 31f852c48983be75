import type { Listener } from "@aws-sdk/client-elastic-load-balancing-v2";
import { Fault } from "@sluice/aws-protocol";
import { checkedActions } from "./actions.ts";
import { changeAttributes, listAttributes, listenerAttributes } from "./attributes.ts";
import type { LoadBalancingContext, LoadBalancingOperations } from "../context.ts";
import { checkedProtocol } from "./listener-protocol.ts";
import { loadBalancerOf } from "./load-balancers.ts";
import { arnOf, checkedPort, newArnSuffix, page, pathOf } from "../names.ts";
import type { ListenerRecord } from "../records.ts";
import { mergeTags } from "./tags.ts";

/** Operations on listeners. */
export const listenerOperations: LoadBalancingOperations = {
  async CreateListener(context, { LoadBalancerArn, Port, DefaultActions = [], Tags = [], ...wanted }) {
    const { records } = context;
    const loadBalancer = loadBalancerOf(records, LoadBalancerArn);
    const port = checkedPort(Port);
    const spoken = checkedProtocol(context, loadBalancer, { wanted });
    checkPortIsFree(context, { loadBalancerArn: loadBalancer.arn, port, protocol: spoken.protocol });
    const made: ListenerRecord = {
      arn: arnOf(context, `listener/${pathOf(loadBalancer.arn)}/${newArnSuffix()}`),
      loadBalancerArn: loadBalancer.arn,
      port,
      ...spoken,
      defaultActions: checkedActions(records, loadBalancer, DefaultActions),
      attributes: {},
      tags: mergeTags([], Tags),
    };
    await keep(context, made, undefined);
    return { Listeners: [describe(made)] };
  },

  async ModifyListener(context, { ListenerArn, Port, DefaultActions, ...wanted }) {
    const { records } = context;
    const before = listenerOf(records, ListenerArn);
    const loadBalancer = loadBalancerOf(records, before.loadBalancerArn);
    const { certificates: _certificates, sslPolicy: _sslPolicy, ...plain } = before;
    const changed: ListenerRecord = {
      ...plain,
      port: Port === undefined ? before.port : checkedPort(Port),
      ...checkedProtocol(context, loadBalancer, { wanted, before }),
      defaultActions:
        DefaultActions === undefined ? before.defaultActions : checkedActions(records, loadBalancer, DefaultActions),
    };
    checkPortIsFree(context, changed);
    await keep(context, changed, before);
    return { Listeners: [describe(changed)] };
  },

  DescribeListeners({ records }, { LoadBalancerArn, ListenerArns = [], ...paging }) {
    if (LoadBalancerArn !== undefined) loadBalancerOf(records, LoadBalancerArn);
    for (const arn of ListenerArns) listenerOf(records, arn);
    const wanted = records.listeners
      .all()
      .filter(({ loadBalancerArn }) => LoadBalancerArn === undefined || loadBalancerArn === LoadBalancerArn)
      .filter(({ arn }) => ListenerArns.length === 0 || ListenerArns.includes(arn));
    const { items, next } = page(wanted, paging);
    return { Listeners: items.map(describe), ...next };
  },

  async DeleteListener({ records, balancing }, { ListenerArn }) {
    records.deleteListener(listenerOf(records, ListenerArn).arn);
    await balancing.apply();
  },

  DescribeListenerAttributes({ records }, { ListenerArn }) {
    const { protocol, attributes } = listenerOf(records, ListenerArn);
    return { Attributes: listAttributes(listenerAttributes[protocol], attributes) };
  },

  async ModifyListenerAttributes({ records, balancing }, { ListenerArn, Attributes = [] }) {
    const found = listenerOf(records, ListenerArn);
    const table = listenerAttributes[found.protocol];
    const attributes = changeAttributes(table, found.attributes, Attributes);
    records.listeners.put(found.arn, { ...found, attributes });
    await balancing.apply();
    return { Attributes: listAttributes(table, attributes) };
  },
};

/** Returns the listener of an ARN; throws a Fault when there is none. */
export function listenerOf(records: LoadBalancingContext["records"], arn: string | undefined): ListenerRecord {
  const found = records.listeners.find(arn ?? "");
  if (found === undefined) throw new Fault("ListenerNotFound", `Listeners '${arn ?? ""}' not found`);
  return found;
}

/** A load balancer has a port only once. Several HTTP listeners may share a port, as their host names tell them apart; TCP does not carry one. */
function checkPortIsFree(
  { records }: LoadBalancingContext,
  wanted: Pick<ListenerRecord, "loadBalancerArn" | "port" | "protocol"> & { readonly arn?: string },
): void {
  const others = records.listeners.all().filter(({ arn, port }) => port === wanted.port && arn !== wanted.arn);
  if (others.some(({ loadBalancerArn }) => loadBalancerArn === wanted.loadBalancerArn))
    throw new Fault(
      "DuplicateListener",
      `A listener already exists on this port for this load balancer '${wanted.loadBalancerArn}'`,
    );
  const [other] = others;
  if (other === undefined) return;
  if (wanted.protocol === "TCP" || wanted.protocol === "TLS" || other.protocol !== wanted.protocol)
    // Unlike AWS: all load balancers of a local cloud have one address.
    throw new Fault(
      "InvalidConfigurationRequest",
      `Port ${wanted.port} cannot be shared: it belongs to the listener '${other.arn}', which speaks ${other.protocol}; only requests of one protocol, HTTP or HTTPS, tell whom they are for`,
    );
}

/** Stores a listener whose port can be opened; otherwise everything stays as it was, and a Fault is thrown. */
async function keep(
  { records, balancing }: LoadBalancingContext,
  listener: ListenerRecord,
  before: ListenerRecord | undefined,
): Promise<void> {
  records.listeners.put(listener.arn, listener);
  await balancing.apply();
  const refusal = balancing.refusalOf(listener.port);
  if (refusal === undefined || before?.port === listener.port) return;
  if (before === undefined) records.listeners.delete(listener.arn);
  else records.listeners.put(before.arn, before);
  await balancing.apply();
  throw new Fault("InvalidConfigurationRequest", `Cannot listen on 127.0.0.1:${listener.port}: ${refusal}`);
}

function describe(listener: ListenerRecord): Listener {
  const [certificate] = listener.certificates ?? [];
  return {
    ListenerArn: listener.arn,
    LoadBalancerArn: listener.loadBalancerArn,
    Port: listener.port,
    Protocol: listener.protocol,
    Certificates: certificate === undefined ? undefined : [{ CertificateArn: certificate }],
    SslPolicy: listener.sslPolicy,
    DefaultActions: [...listener.defaultActions],
  };
}
