import type { PrivateCertificate } from "./service/iam/index.ts";
import { Authority } from "./tls/authority.ts";

/** The certificates that listeners name, by their ARN. */
export interface ListenerCertificates {
  /** Undefined when there is none. `hosts` are the names and addresses that the listener answers to. */
  find(arn: string, hosts: readonly string[]): PrivateCertificate | undefined;
}

interface ListenerCertificatesOptions {
  readonly dataFolder: string;
  readonly region: string;
  readonly accountId: string;
  readonly clock: () => number;
}

/** How long before its end a certificate of ours is replaced, in milliseconds. */
const renewalMilliseconds = 30 * 86_400_000;

/** Opens the certificates of an account: those that were given to IAM, and those of the certificate manager. */
export function openListenerCertificates(
  { dataFolder, region, accountId, clock }: ListenerCertificatesOptions,
  serverCertificates: { find(arn: string): PrivateCertificate | undefined },
): ListenerCertificates {
  const managed = new Map<string, PrivateCertificate & { readonly until: number }>();
  let authority: Authority | undefined;
  return {
    find(arn, hosts) {
      if (arn.startsWith(`arn:aws:iam::${accountId}:server-certificate/`)) return serverCertificates.find(arn);
      // Unlike AWS: there is no certificate manager here. The ARN of a certificate of this account stands for one
      // that the local cloud's own authority makes for the listener's names, so that what names one can be tried.
      if (!new RegExp(`^arn:aws:acm:${region}:${accountId}:certificate/[0-9a-f-]{36}$`).test(arn)) return undefined;
      const name = [arn, ...hosts].join(" ");
      const found = managed.get(name);
      if (found !== undefined && found.until - renewalMilliseconds > clock()) return found;
      authority ??= Authority.open(dataFolder, clock);
      const made = authority.certificateFor(hosts);
      managed.set(name, made);
      return made;
    },
  };
}
