import {
  type AccessKey,
  type AccessKeys,
  parsePolicy,
  type PolicyDocument,
  type Principal,
} from "@sluice/aws-protocol";
import type { FoundKey, Identities } from "./identities.ts";

/** The policies of a principal, and its tags. */
export interface Permissions {
  readonly policies: readonly PolicyDocument[];
  /** What it may do at most, whatever its policies allow. */
  readonly boundary?: PolicyDocument | undefined;
  /** Of a session: the ARN of its role. */
  readonly roleArn?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** A live registration of an on-premises instance. */
export interface Registration {
  /** The instance's own ARN: a later registration of the same name has another. */
  readonly arn: string;
  /**
   * The unique id of the user, or of the role, as which its host signs; empty when there was none. Undefined where
   * there was no IAM.
   */
  readonly ownerId?: string | undefined;
}

/** What is known of principals beside their keys. */
export interface PrincipalSources {
  /**
   * Returns a principal's permissions in IAM; undefined when the user or the role has been deleted. Without an IAM,
   * only the administrator may do anything.
   */
  readonly permissionsOf: (principal: Principal) => Permissions | undefined;
  /** The on-premises instance that is registered with this ARN of a user or a session. */
  readonly registrationOf: (arn: string) => Registration | undefined;
}

/**
 * Access keys with their permissions. A key ends with its user, its role or its registration: another owner of the same
 * name gets nothing by it.
 */
export function accessKeys(identities: Identities, sources: PrincipalSources): AccessKeys {
  return {
    find(accessKeyId) {
      const key = identities.find(accessKeyId);
      if (key === undefined || key.isAdministrator) return key;
      if (key.instance !== undefined) return registeredHost(key, sources);
      const permissions = sources.permissionsOf(key.principal);
      const { host, service } = key.principal;
      // An instance is that instance whatever becomes of its role, and a service has none.
      if (permissions === undefined && host === undefined && service === undefined) return undefined;
      return { ...key, principal: principalOf(key, permissions ?? nothing, sources) };
    },
  };
}

const nothing: Permissions = { policies: [], tags: {} };

/** Returns the key of a host outside of the cloud: it may do what hosts may, whatever IAM says about its ARN. */
function registeredHost(
  { principal, instance, ...key }: FoundKey,
  { registrationOf }: PrincipalSources,
): AccessKey | undefined {
  if (registrationOf(principal.arn)?.arn !== instance) return undefined;
  return { ...key, principal: { ...principal, host: principal.arn, policies: [] } };
}

/**
 * A user or session as which an on-premises instance is registered acts as that host: its agent polls with the ARN
 * (agent.md §0.2).
 */
function principalOf(
  { principal, sessionPolicies }: FoundKey,
  { policies, boundary, roleArn, tags }: Permissions,
  { registrationOf }: PrincipalSources,
): Principal {
  const narrowing = sessionPolicies?.map((document) => parsePolicy(document, "identity"));
  const host = principal.host ?? (isRegistered(principal, registrationOf(principal.arn)) ? principal.arn : undefined);
  return {
    ...principal,
    roleArn,
    tags,
    policies: [
      { kind: "identity-based policy", documents: policies },
      ...(boundary === undefined ? [] : [{ kind: "permissions boundary", documents: [boundary] } as const]),
      ...(narrowing === undefined ? [] : [{ kind: "session policy", documents: narrowing } as const]),
    ],
    host,
  };
}

/** Whether a registration is of this very user or role, and not of one that had the name before. */
function isRegistered({ userId }: Principal, registration: Registration | undefined): boolean {
  if (registration === undefined) return false;
  return registration.ownerId === undefined || registration.ownerId === userId.split(":")[0];
}
