import { Fault } from "@sluice/aws-protocol";
import type { Certificate, CreateListenerCommandInput } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { LoadBalancingContext } from "../context.ts";
import { type ListenerRecord, type LoadBalancerRecord, namesOf } from "../records.ts";
import { checkedPolicy, policyAtFirst } from "./security-policies.ts";

type Wanted = Pick<CreateListenerCommandInput, "Protocol" | "Certificates" | "SslPolicy">;

/** What a listener speaks and by which certificates, checked; `before` is what stays where nothing else is wanted. */
export function checkedProtocol(
  context: LoadBalancingContext,
  loadBalancer: LoadBalancerRecord,
  { wanted, before }: { readonly wanted: Wanted; readonly before?: ListenerRecord },
): Pick<ListenerRecord, "protocol" | "certificates" | "sslPolicy"> {
  const protocol = protocolOf(wanted.Protocol ?? before?.protocol, loadBalancer);
  const { Certificates, SslPolicy } = wanted;
  if (protocol !== "HTTPS" && protocol !== "TLS") {
    if (Certificates?.length || SslPolicy !== undefined)
      throw new Fault(
        "InvalidConfigurationRequest",
        `A listener that speaks ${protocol} has no certificates and no policy`,
      );
    return { protocol };
  }
  const sslPolicy = checkedPolicy(SslPolicy ?? before?.sslPolicy ?? policyAtFirst);
  return { protocol, sslPolicy, certificates: certificatesOf(context, loadBalancer, { Certificates, before }) };
}

/** The given certificate is the default one, and replaces the one before; AddListenerCertificates adds others. */
function certificatesOf(
  context: LoadBalancingContext,
  loadBalancer: LoadBalancerRecord,
  { Certificates, before }: Pick<Wanted, "Certificates"> & { readonly before: ListenerRecord | undefined },
): readonly string[] {
  const known = before?.certificates ?? [];
  if (Certificates === undefined && known.length > 0) return known;
  const [certificate, ...more] = Certificates ?? [];
  if (certificate === undefined || more.length > 0)
    throw new Fault(
      "ValidationError",
      `Exactly one certificate must be specified, and ${Certificates?.length ?? 0} are`,
    );
  const arn = checkedCertificate(context, loadBalancer, certificate);
  return [arn, ...known.slice(1).filter((one) => one !== arn)];
}

/** Returns the ARN of a certificate that exists. */
export function checkedCertificate(
  { certificates }: LoadBalancingContext,
  loadBalancer: LoadBalancerRecord | undefined,
  { CertificateArn = "" }: Certificate,
): string {
  if (loadBalancer !== undefined && certificates.find(CertificateArn, namesOf(loadBalancer)) !== undefined)
    return CertificateArn;
  throw new Fault("CertificateNotFound", `Certificate ARN '${CertificateArn}' is not valid`);
}

const spoken = { application: ["HTTP", "HTTPS"], network: ["TCP", "TLS"] } as const;

function protocolOf(protocol: string | undefined, { type }: LoadBalancerRecord): ListenerRecord["protocol"] {
  const found = spoken[type].find((one) => one === protocol);
  if (found !== undefined) return found;
  throw new Fault(
    protocol === undefined ? "ValidationError" : "UnsupportedProtocol",
    `Listeners of ${type} load balancers speak '${spoken[type].join("' or '")}' in the local cloud, and '${protocol ?? ""}' is asked for`,
  );
}
