import { parsePolicy, type PolicyDocument, type Principal } from "@sluice/aws-protocol";
import { findPolicy, versionOf } from "./managed-policies.ts";
import type { IamRecords, PolicyOwner, Role, User } from "../records.ts";

/** What IAM knows about the signer of a request. */
export interface Permissions {
  readonly policies: readonly PolicyDocument[];
  /** The permissions boundary: what it may do at most, whatever its policies allow. */
  readonly boundary?: PolicyDocument | undefined;
  /** Of a session: the ARN of its role. */
  readonly roleArn?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** Returns what a user or a session of a role may do; undefined when that user or role is gone, even if another one has its name. */
export function permissionsOf(
  records: IamRecords,
  principal: Pick<Principal, "arn" | "userId">,
): Permissions | undefined {
  const owner = ownerOf(records, principal.arn);
  // Behind a colon is the name of a role's session.
  if (owner === undefined || owner.id !== principal.userId.split(":")[0]) return undefined;
  const boundary = boundaryOf(records, owner);
  return {
    policies: documentsOf(records, owner).map(parsed),
    boundary: boundary === undefined ? undefined : parsed(boundary),
    roleArn: "trust" in owner ? owner.arn : undefined,
    tags: Object.fromEntries(owner.tags.map(({ Key, Value }) => [Key, Value])),
  };
}

/** Returns the unique id of the user or role that an ARN names now, for a session its role, or undefined. A user that gets the name later has another id. */
export const uniqueIdOf = (records: IamRecords, arn: string): string | undefined => ownerOf(records, arn)?.id;

/** Returns the unique ids of the users and roles that a trust policy names by their ARNs, as far as they exist. */
export function trustedIdsOf(records: IamRecords, trust: string): Readonly<Record<string, string>> {
  const arns = parsePolicy(trust, "trust").statements.flatMap(({ principals }) => principals?.aws ?? []);
  return Object.fromEntries(
    arns.flatMap((arn) => {
      const id = uniqueIdOf(records, arn);
      return id === undefined ? [] : [[arn, id]];
    }),
  );
}

/** Returns the user or role of an ARN; of a session's ARN its role. */
function ownerOf(records: IamRecords, arn: string): User | Role | undefined {
  const role = /^arn:aws:sts::\d+:assumed-role\/([^/]+)\//.exec(arn)?.[1];
  if (role !== undefined) return records.find("role", role);
  const kind = /^arn:aws:iam::\d+:role\//.test(arn) ? "role" : "user";
  const owner = records.find(kind, arn.slice(arn.lastIndexOf("/") + 1));
  return owner?.arn === arn ? owner : undefined;
}

/** The documents of somebody's permissions: inline, attached, and for a user those of its groups. */
export function documentsOf(records: IamRecords, owner: PolicyOwner & Pick<User, "groups">): readonly string[] {
  const { inline, attached, groups = [] } = owner;
  const managed = attached.flatMap((arn) => findPolicy(records, arn) ?? []);
  return [
    ...Object.values(inline),
    ...managed.map((policy) => versionOf(policy).document),
    ...groups.flatMap((name) => records.find("group", name) ?? []).flatMap((group) => documentsOf(records, group)),
  ];
}

/** A boundary whose policy is gone allows nothing. */
const nothing = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Deny", Action: "*", Resource: "*" }] });

/** The document of somebody's permissions boundary. */
export function boundaryOf(records: IamRecords, { boundary }: Pick<User, "boundary">): string | undefined {
  if (boundary === undefined) return undefined;
  const policy = findPolicy(records, boundary);
  return policy === undefined ? nothing : versionOf(policy).document;
}

/** Parsed documents: they are evaluated with every request, and change seldom. */
const parsedDocuments = new Map<string, PolicyDocument>();
const parsedMax = 1000;

/** Returns a parsed document. It was checked when it was given. */
export function parsed(document: string): PolicyDocument {
  let found = parsedDocuments.get(document);
  if (found === undefined) {
    if (parsedDocuments.size >= parsedMax) parsedDocuments.clear();
    parsedDocuments.set(document, (found = parsePolicy(document, "identity")));
  }
  return found;
}
