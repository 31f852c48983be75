import { Fault } from "@sluice/aws-protocol";

/** The supported security policies, with the oldest version of TLS that each allows. */
const policies: Readonly<Record<string, "TLSv1.2" | "TLSv1.3">> = {
  // Unlike AWS: none of them allows versions before 1.2, which the first policy still does there.
  "ELBSecurityPolicy-2016-08": "TLSv1.2",
  "ELBSecurityPolicy-TLS-1-2-2017-01": "TLSv1.2",
  "ELBSecurityPolicy-TLS-1-2-Ext-2018-06": "TLSv1.2",
  "ELBSecurityPolicy-FS-1-2-Res-2020-10": "TLSv1.2",
  "ELBSecurityPolicy-TLS13-1-2-2021-06": "TLSv1.2",
  "ELBSecurityPolicy-TLS13-1-2-Res-2021-06": "TLSv1.2",
  "ELBSecurityPolicy-TLS13-1-3-2021-06": "TLSv1.3",
};

/** The policy of a listener that names none. */
export const policyAtFirst = "ELBSecurityPolicy-2016-08";

/** Returns the name of a security policy; throws a Fault for one that does not exist. */
export function checkedPolicy(name: string): string {
  if (Object.hasOwn(policies, name)) return name;
  throw new Fault("SSLPolicyNotFound", `SSL policy '${name}' is none of ${Object.keys(policies).join(", ")}`);
}

/** Returns the oldest version of TLS that a policy lets in. */
export const versionMinOf = (policy = policyAtFirst) => policies[policy] ?? "TLSv1.2";
