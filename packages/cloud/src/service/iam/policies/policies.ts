import {
  checkDocument,
  checkName,
  conflict,
  encoded,
  exists,
  type IamContext,
  type IamOperations,
  invalid,
  limit,
  newEntity,
} from "../context.ts";
import { policiesOfAws, policyOf, versionOf } from "./managed-policies.ts";
import { page } from "../pagination.ts";
import type { ManagedPolicy, PolicyOwner, PolicyVersion, User } from "../records.ts";

/** IAM's limits of a managed policy. */
const charactersMax = 6144;
const versionsMax = 5;

/** Operations on managed policies and their versions. AWS's own are read-only. */
export const policyOperations: IamOperations = {
  CreatePolicy(context, { PolicyName, Path, PolicyDocument, Description, Tags }) {
    const { records, clock } = context;
    const name = checkName("policyName", PolicyName, 128);
    if (records.find("policy", name) !== undefined)
      throw exists(`A policy called ${name} already exists. Duplicate names are not allowed.`);
    const policy: ManagedPolicy = {
      ...newEntity(context, { prefix: "ANPA", kind: "policy", name, path: Path, tags: Tags }),
      description: Description,
      updatedAt: clock(),
      defaultVersion: "v1",
      versions: [{ id: "v1", document: documentOf(PolicyDocument, name), createdAt: clock() }],
      versionsMade: 1,
    };
    records.put("policy", policy);
    return { Policy: shown(context, policy) };
  },

  GetPolicy(context, { PolicyArn }) {
    const policy = policyOf(context, PolicyArn);
    return { Policy: { ...shown(context, policy), Description: policy.description } };
  },

  ListPolicies(context, { Scope = "All", OnlyAttached = false, PathPrefix = "/", PolicyUsageFilter, ...place }) {
    if (!["All", "AWS", "Local"].includes(Scope)) throw invalid(`Scope must be All, AWS or Local, and is "${Scope}"`);
    const policies = [
      ...(Scope === "AWS" ? [] : context.records.all("policy")),
      ...(Scope === "Local" ? [] : policiesOfAws().values()),
    ].filter(
      ({ path, arn }) =>
        path.startsWith(PathPrefix) && (!OnlyAttached || attachments(context, arn, PolicyUsageFilter).length > 0),
    );
    const { items, ...rest } = page(policies, place, ({ name, arn }) => `${name} ${arn}`);
    return { Policies: items.map((policy) => shown(context, policy)), ...rest };
  },

  DeletePolicy(context, { PolicyArn }) {
    const policy = ownPolicy(context, PolicyArn);
    if (attachments(context, policy.arn).length > 0) throw conflict("Cannot delete a policy attached to entities.");
    if (policy.versions.length > 1)
      throw conflict(
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
      );
    context.records.remove("policy", policy.name);
  },

  CreatePolicyVersion(context, { PolicyArn, PolicyDocument, SetAsDefault = false }) {
    const policy = ownPolicy(context, PolicyArn);
    const document = documentOf(PolicyDocument, policy.name);
    if (policy.versions.length >= versionsMax)
      throw limit(
        `A managed policy can have up to ${versionsMax} versions. Before you create a new version, you must delete an existing version.`,
      );
    const version: PolicyVersion = { id: `v${policy.versionsMade + 1}`, document, createdAt: context.clock() };
    const changed: ManagedPolicy = {
      ...policy,
      updatedAt: context.clock(),
      versions: [version, ...policy.versions],
      versionsMade: policy.versionsMade + 1,
      defaultVersion: SetAsDefault ? version.id : policy.defaultVersion,
    };
    context.records.put("policy", changed);
    return { PolicyVersion: { ...shownVersion(changed, version), Document: undefined } };
  },

  GetPolicyVersion(context, { PolicyArn, VersionId }) {
    const policy = policyOf(context, PolicyArn);
    return { PolicyVersion: shownVersion(policy, versionOf(policy, VersionId ?? "")) };
  },

  ListPolicyVersions(context, { PolicyArn, ...place }) {
    const policy = policyOf(context, PolicyArn);
    const { items, ...rest } = page(policy.versions, place, ({ id }) => id.slice(1).padStart(9, "0"));
    return {
      Versions: items.toReversed().map((version) => ({ ...shownVersion(policy, version), Document: undefined })),
      ...rest,
    };
  },

  DeletePolicyVersion(context, { PolicyArn, VersionId }) {
    const policy = ownPolicy(context, PolicyArn);
    const { id } = versionOf(policy, VersionId ?? "");
    if (id === policy.defaultVersion) throw conflict("Cannot delete the default version of a policy.");
    context.records.put("policy", { ...policy, versions: policy.versions.filter((version) => version.id !== id) });
  },

  SetDefaultPolicyVersion(context, { PolicyArn, VersionId }) {
    const policy = ownPolicy(context, PolicyArn);
    const { id } = versionOf(policy, VersionId ?? "");
    context.records.put("policy", { ...policy, defaultVersion: id, updatedAt: context.clock() });
  },

  ListEntitiesForPolicy(context, { PolicyArn, EntityFilter, PathPrefix = "/", PolicyUsageFilter, ...place }) {
    const found = attachments(context, policyOf(context, PolicyArn).arn, PolicyUsageFilter).filter(
      ({ kind, path }) =>
        path.startsWith(PathPrefix) && (EntityFilter === undefined || EntityFilter.toLowerCase() === kind),
    );
    const { items, ...rest } = page(found, place, ({ kind, name }) => `${kind} ${name}`);
    return {
      PolicyGroups: items
        .filter(({ kind }) => kind === "group")
        .map(({ name, id }) => ({ GroupName: name, GroupId: id })),
      PolicyUsers: items.filter(({ kind }) => kind === "user").map(({ name, id }) => ({ UserName: name, UserId: id })),
      PolicyRoles: items.filter(({ kind }) => kind === "role").map(({ name, id }) => ({ RoleName: name, RoleId: id })),
      ...rest,
    };
  },
};

const documentOf = (document: string | undefined, name: string) =>
  checkDocument(document, { kind: "identity", charactersMax, of: `policy ${name}` });

function ownPolicy(context: IamContext, arn: string | undefined): ManagedPolicy {
  if (arn?.startsWith("arn:aws:iam::aws:policy/") === true)
    throw invalid(`Policy ${arn} is AWS's own: it can be attached and read, not changed`);
  return policyOf(context, arn);
}

/** Returns the users, groups and roles that have a policy, as a permission or as a boundary. */
function attachments({ records }: IamContext, arn: string, usage?: string) {
  const allows = ({ attached }: PolicyOwner) => usage !== "PermissionsBoundary" && attached.includes(arn);
  const bounds = ({ boundary }: Pick<User, "boundary">) => usage !== "PermissionsPolicy" && boundary === arn;
  return (["user", "group", "role"] as const).flatMap((kind) =>
    records
      .all(kind)
      .filter((owner) => allows(owner) || bounds(owner))
      .map(({ name, id, path }) => ({ kind, name, id, path })),
  );
}

const shown = (context: IamContext, policy: ManagedPolicy) => ({
  PolicyName: policy.name,
  PolicyId: policy.id,
  Arn: policy.arn,
  Path: policy.path,
  DefaultVersionId: policy.defaultVersion,
  AttachmentCount: attachments(context, policy.arn, "PermissionsPolicy").length,
  PermissionsBoundaryUsageCount: attachments(context, policy.arn, "PermissionsBoundary").length,
  IsAttachable: true,
  CreateDate: new Date(policy.createdAt),
  UpdateDate: new Date(policy.updatedAt),
  Tags: policy.tags.length === 0 ? undefined : [...policy.tags],
});

const shownVersion = ({ defaultVersion }: ManagedPolicy, { id, document, createdAt }: PolicyVersion) => ({
  Document: encoded(document),
  VersionId: id,
  IsDefaultVersion: id === defaultVersion,
  CreateDate: new Date(createdAt),
});
