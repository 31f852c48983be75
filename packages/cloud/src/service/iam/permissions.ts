import { parsePolicy, type PolicyDocument, type Principal } from "@sluice/aws-protocol";
import { findPolicy, versionOf } from "./managed-policies.ts";
import type { IamRecords, Principal as Owner } from "./records.ts";

/** What IAM knows of somebody who signs requests. */
export interface Permissions {
  readonly policies: readonly PolicyDocument[];
  readonly tags: Readonly<Record<string, string>>;
}

/** What a user or a session of a role may do. Who is neither, or is gone, may do nothing. */
export function permissionsOf(records: IamRecords, { arn }: Pick<Principal, "arn">): Permissions {
  const owner = ownerOf(records, arn);
  if (owner === undefined) return { policies: [], tags: {} };
  return {
    policies: documentsOf(records, owner).map(parsed),
    tags: Object.fromEntries(owner.tags.map(({ Key, Value }) => [Key, Value])),
  };
}

/** The user of an ARN, or the role of a session's. */
function ownerOf(records: IamRecords, arn: string): Owner | undefined {
  const role = /^arn:aws:sts::\d+:assumed-role\/([^/]+)\//.exec(arn)?.[1];
  if (role !== undefined) return records.find("role", role);
  const user = records.find("user", arn.slice(arn.lastIndexOf("/") + 1));
  return user?.arn === arn ? user : undefined;
}

/** The documents that say what somebody may do: its own and those attached to it. */
export function documentsOf(records: IamRecords, { inline, attached }: Owner): readonly string[] {
  const managed = attached.flatMap((arn) => findPolicy(records, arn) ?? []);
  return [...Object.values(inline), ...managed.map((policy) => versionOf(policy).document)];
}

/** Documents are evaluated with every request, and change seldom. */
const parsedDocuments = new Map<string, PolicyDocument>();
const parsedMax = 1000;

/** A document that was checked when it was given. */
export function parsed(document: string): PolicyDocument {
  let found = parsedDocuments.get(document);
  if (found === undefined) {
    if (parsedDocuments.size >= parsedMax) parsedDocuments.clear();
    parsedDocuments.set(document, (found = parsePolicy(document, "identity")));
  }
  return found;
}
