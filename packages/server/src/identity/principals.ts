import { type AccessKeys, parsePolicy, type PolicyDocument, type Principal } from "@sluice/aws-protocol";
import type { FoundKey, Identities } from "./identities.ts";

/** What policies say of somebody, and the tags that they may ask for. */
export interface Permissions {
  readonly policies: readonly PolicyDocument[];
  /** What it may do at most, whatever its policies allow. */
  readonly boundary?: PolicyDocument;
  readonly tags: Readonly<Record<string, string>>;
}

/** What is known of principals beside their keys. */
export interface PrincipalSources {
  /** What IAM lets somebody do; without an IAM, nobody but the administrator may do anything. */
  readonly permissionsOf: (principal: Principal) => Permissions;
  /** Whether an on-premises instance is registered with this ARN of a user or a session. */
  readonly isOnPremises: (arn: string) => boolean;
}

/** Access keys whose principals know what they may do. */
export function accessKeys(identities: Identities, sources: PrincipalSources): AccessKeys {
  return {
    find(accessKeyId) {
      const key = identities.find(accessKeyId);
      return key === undefined || identities.isAdministrator(key.principal)
        ? key
        : { ...key, principal: principalOf(key, sources) };
    },
  };
}

/** A user or session that an on-premises instance is registered with acts as that host: its agent polls with the ARN (agent.md §0.2). */
function principalOf(
  { principal, sessionPolicies }: FoundKey,
  { permissionsOf, isOnPremises }: PrincipalSources,
): Principal {
  const { policies, boundary, tags } = permissionsOf(principal);
  const narrowing = sessionPolicies?.map((document) => parsePolicy(document, "identity"));
  const host = principal.host ?? (isOnPremises(principal.arn) ? principal.arn : undefined);
  return {
    ...principal,
    tags,
    policies: [
      { kind: "identity-based policy", documents: policies },
      ...(boundary === undefined ? [] : [{ kind: "permissions boundary", documents: [boundary] } as const]),
      ...(narrowing === undefined ? [] : [{ kind: "session policy", documents: narrowing } as const]),
    ],
    ...(host === undefined ? {} : { host }),
  };
}
