import type * as Iam from "@aws-sdk/client-iam";
import { Fault, MalformedPolicy, type Operations, parsePolicy, type PolicyKind } from "@sluice/aws-protocol";
import { randomId } from "../../random.ts";
import type { CertificateKeys } from "../../tls/certificate-keys.ts";
import type { Group, IamRecords, Role, User } from "./records.ts";

/** A key of a user, without its secret. */
interface UserKey {
  readonly accessKeyId: string;
  readonly createdAt: number;
  readonly isActive: boolean;
}

/** Where keys are made and stored; a secret leaves it once. */
export interface UserKeys {
  issueForUser(user: {
    readonly arn: string;
    readonly userId: string;
  }): Promise<{ readonly accessKeyId: string; readonly secretAccessKey: string }>;
  keysOf(userId: string): readonly UserKey[];
  setActive(accessKeyId: string, isActive: boolean): Promise<void>;
  revokeKey(accessKeyId: string): Promise<void>;
  /** Ends all keys of a user that is deleted, or all sessions of a role. */
  revokeKeysOf(ownerId: string): Promise<void>;
  /** Binds a user's keys to its new ARN. */
  renameUser(userId: string, arn: string): Promise<void>;
}

export interface IamContext {
  readonly records: IamRecords;
  readonly keys: UserKeys;
  readonly certificateKeys: CertificateKeys;
  readonly clock: () => number;
  readonly accountId: string;
}

/** Some of IAM's operations. */
export type IamOperations = Partial<Operations<typeof Iam, IamContext>>;

/** The name of the user that set up this cloud. It is no IAM user, so none may have this name. */
export const administratorName = "administrator";

/** Returns IAM's fault for something that does not exist. */
export const noSuch = (message: string): Fault => new Fault("NoSuchEntityException", message);
/** Returns IAM's fault for a name that is taken. */
export const exists = (message: string): Fault => new Fault("EntityAlreadyExistsException", message);
/** Returns IAM's fault for deleting something that is still in use. */
export const conflict = (message: string): Fault => new Fault("DeleteConflictException", message);
/** Returns IAM's fault for exceeding a limit. */
export const limit = (message: string): Fault => new Fault("LimitExceededException", message);
/** Returns IAM's fault for a member in the wrong form. */
export const invalid = (message: string): Fault => new Fault("ValidationError", message);

/** Returns the role of a name. */
export function roleOf({ records }: IamContext, name: string | undefined): Role {
  const role = records.find("role", checkName("roleName", name, 64));
  if (role === undefined) throw noSuch(`The role with name ${name} cannot be found.`);
  return role;
}

/** Returns the group of a name. */
export function groupOf({ records }: IamContext, name: string | undefined): Group {
  const group = records.find("group", checkName("groupName", name, 128));
  if (group === undefined) throw noSuch(`The group with name ${name} cannot be found.`);
  return group;
}

/** Returns the user of a name; without one, the caller. */
export function userOf({ records }: IamContext, name: string | undefined, callerArn = ""): User {
  const wanted = name ?? (callerArn.includes(":user/") ? callerArn.slice(callerArn.lastIndexOf("/") + 1) : undefined);
  const user = records.find("user", checkName("userName", wanted, 64));
  if (user === undefined) throw noSuch(`The user with name ${wanted} cannot be found.`);
  return user;
}

/** Returns what a new user, role, profile or policy starts with. */
export function newEntity(
  { clock, accountId }: IamContext,
  {
    prefix,
    kind,
    name,
    path,
    tags,
  }: {
    prefix: string;
    kind: string;
    name: string;
    path?: string | undefined;
    tags?: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined;
  },
) {
  const checked = checkPath(path);
  return {
    id: `${prefix}${randomId(17)}`,
    name,
    path: checked,
    arn: `arn:aws:iam::${accountId}:${kind}${checked}${name}`,
    createdAt: clock(),
    tags: mergeTags([], tags ?? []),
  };
}

/** Returns a name in IAM's form. */
export function checkName(member: string, name: string | undefined, charactersMax: number): string {
  if (name === undefined || name === "")
    throw invalid(
      `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must not be null`,
    );
  if (name.length > charactersMax)
    throw invalid(
      `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must have length less than or equal to ${charactersMax}`,
    );
  if (!/^[\w+=,.@-]+$/.test(name))
    throw invalid(
      `The specified value for ${member} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`,
    );
  return name;
}

function checkPath(path = "/"): string {
  if (path.length <= 512 && /^\/(?:[!-.0-~]+\/)*$/.test(path)) return path;
  throw invalid(
    "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.",
  );
}

/** Returns tags with others set over them; IAM compares their keys without regard to case. */
export function mergeTags(
  tags: readonly { readonly Key: string; readonly Value: string }[],
  more: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[],
) {
  const merged = new Map(tags.map((tag) => [tag.Key.toLowerCase(), tag]));
  for (const { Key = "", Value = "" } of more) {
    if (Key === "" || Key.length > 128 || Value.length > 256)
      throw new Fault(
        "InvalidInputException",
        `Tag keys have 1 to 128 characters and values at most 256: "${Key.slice(0, 128)}"`,
      );
    merged.set(Key.toLowerCase(), { Key, Value });
  }
  if (merged.size > tagsMax) throw limit(`The number of tags has reached the maximum limit of ${tagsMax}.`);
  return [...merged.values()];
}

/** Tags of a role or user: IAM's own limit. */
const tagsMax = 50;

/** Returns a policy document that can be evaluated, as it was given; throws a Fault when it cannot. */
export function checkDocument(
  text: string | undefined,
  { kind, charactersMax, of }: { readonly kind: PolicyKind; readonly charactersMax: number; readonly of: string },
): string {
  const found = text ?? "";
  try {
    parsePolicy(found, kind);
  } catch (error) {
    if (error instanceof MalformedPolicy)
      throw new Fault("MalformedPolicyDocumentException", error.message, { cause: error });
    throw error;
  }
  checkSize([found], charactersMax, of);
  return found;
}

/** IAM counts a policy's characters without its white space. */
export function checkSize(documents: readonly string[], charactersMax: number, of: string): void {
  const size = documents.reduce((sum, document) => sum + document.replaceAll(/\s/g, "").length, 0);
  if (size > charactersMax) throw limit(`Maximum policy size of ${charactersMax} bytes exceeded for ${of}`);
}

/** How documents go over the wire (RFC 3986). */
export const encoded = (document: string): string =>
  encodeURIComponent(document).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
