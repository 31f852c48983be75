import { Fault } from "@sluice/aws-protocol";
import type { LoadBalancingContext, LoadBalancingOperations } from "../context.ts";
import { checkedCertificate } from "./listener-protocol.ts";
import { listenerOf } from "./listeners.ts";
import { page } from "../names.ts";
import type { ListenerRecord } from "../records.ts";

/** AWS's own limit, the default certificate not counted. */
const certificatesMax = 25;

/** Operations on the certificates of a listener beside its default one: clients get the one that has the name they ask for. */
export const listenerCertificateOperations: LoadBalancingOperations = {
  async AddListenerCertificates(context, { ListenerArn, Certificates = [] }) {
    const { records, balancing } = context;
    const listener = secureListenerOf(context, ListenerArn);
    const loadBalancer = records.loadBalancers.find(listener.loadBalancerArn);
    const more = Certificates.map((certificate) => checkedCertificate(context, loadBalancer, certificate));
    const certificates = [...new Set([...(listener.certificates ?? []), ...more])];
    if (certificates.length > certificatesMax + 1)
      throw new Fault(
        "TooManyCertificates",
        `A listener has at most ${certificatesMax} certificates beside its default`,
      );
    records.listeners.put(listener.arn, { ...listener, certificates });
    await balancing.apply();
    return { Certificates: Certificates.map(({ CertificateArn }) => ({ CertificateArn, IsDefault: false })) };
  },

  async RemoveListenerCertificates(context, { ListenerArn, Certificates = [] }) {
    const { records, balancing } = context;
    const listener = secureListenerOf(context, ListenerArn);
    const gone = new Set(Certificates.map(({ CertificateArn }) => CertificateArn));
    const [initial] = listener.certificates ?? [];
    if (initial !== undefined && gone.has(initial))
      throw new Fault("OperationNotPermitted", `The default certificate '${initial}' cannot be removed`);
    const certificates = (listener.certificates ?? []).filter((arn) => !gone.has(arn));
    records.listeners.put(listener.arn, { ...listener, certificates });
    await balancing.apply();
    return {};
  },

  DescribeListenerCertificates({ records }, { ListenerArn, ...paging }) {
    const { certificates = [] } = listenerOf(records, ListenerArn);
    const { items, next } = page(certificates, paging);
    return {
      Certificates: items.map((CertificateArn) => ({ CertificateArn, IsDefault: CertificateArn === certificates[0] })),
      ...next,
    };
  },
};

function secureListenerOf({ records }: LoadBalancingContext, arn: string | undefined): ListenerRecord {
  const listener = listenerOf(records, arn);
  if (listener.certificates !== undefined) return listener;
  throw new Fault("OperationNotPermitted", `Listener '${listener.arn}' does not speak TLS`);
}
