import { Fault, parsePolicy } from "@sluice/aws-protocol";
import { boundary, shownBoundary } from "./policies/boundaries.ts";
import {
  administratorName,
  checkDocument,
  checkName,
  conflict,
  encoded,
  exists,
  type IamContext,
  type IamOperations,
  invalid,
  newEntity,
  roleOf,
} from "./context.ts";
import { page } from "./pagination.ts";
import { trustedIdsOf } from "./policies/permissions.ts";
import type { Role } from "./records.ts";

/** IAM's limits: characters of a trust policy, and how long a session of a role may last, in seconds. */
const trustCharactersMax = 4096;
const sessionSecondsLeast = 3600;
const sessionSecondsMost = 43_200;

/** Operations on roles themselves. */
export const roleOperations: IamOperations = {
  CreateRole(
    context,
    { RoleName, Path, AssumeRolePolicyDocument, Description, MaxSessionDuration, Tags, PermissionsBoundary },
  ) {
    const { records } = context;
    const name = checkName("roleName", RoleName, 64);
    if (records.find("role", name) !== undefined) throw exists(`Role with name ${name} already exists.`);
    const role: Role = {
      ...newEntity(context, { prefix: "AROA", kind: "role", name, path: Path, tags: Tags }),
      ...boundary(context, PermissionsBoundary),
      inline: {},
      attached: [],
      ...trustOf(context, AssumeRolePolicyDocument, name),
      sessionSecondsMax: sessionSeconds(MaxSessionDuration),
      description: Description,
    };
    records.put("role", role);
    return { Role: shown(role) };
  },

  GetRole: (context, { RoleName }) => ({ Role: shown(roleOf(context, RoleName)) }),

  ListRoles({ records }, { PathPrefix = "/", ...place }) {
    const roles = records.all("role").filter(({ path }) => path.startsWith(PathPrefix));
    const { items, ...rest } = page(roles, place, ({ name }) => name);
    return { Roles: items.map(shown), ...rest };
  },

  UpdateRole(context, { RoleName, Description, MaxSessionDuration }) {
    const role = roleOf(context, RoleName);
    context.records.put("role", {
      ...role,
      description: Description ?? role.description,
      sessionSecondsMax: MaxSessionDuration === undefined ? role.sessionSecondsMax : sessionSeconds(MaxSessionDuration),
    });
    return {};
  },

  UpdateAssumeRolePolicy(context, { RoleName, PolicyDocument }) {
    const role = roleOf(context, RoleName);
    context.records.put("role", { ...role, ...trustOf(context, PolicyDocument, role.name) });
  },

  async DeleteRole(context, { RoleName }) {
    const { id, name, inline, attached } = roleOf(context, RoleName);
    if (profilesOf(context, name).length > 0)
      throw conflict("Cannot delete entity, must remove roles from instance profile first.");
    if (attached.length > 0) throw conflict("Cannot delete entity, must detach all policies first.");
    if (Object.keys(inline).length > 0) throw conflict("Cannot delete entity, must delete policies first.");
    context.records.remove("role", name);
    await context.keys.revokeKeysOf(id);
  },
};

/** The instance profiles that have a role. */
export function profilesOf({ records }: IamContext, roleName: string) {
  return records.all("profile").filter((profile) => profile.roleName === roleName);
}

/** Returns the trust policy of a request. As on AWS one that names a user or role that does not exist is refused: whoever got that name later would be trusted. */
function trustOf(
  { records, accountId }: IamContext,
  document: string | undefined,
  name: string,
): Pick<Role, "trust" | "trustedIds"> {
  const trust = checkDocument(document, { kind: "trust", charactersMax: trustCharactersMax, of: `role ${name}` });
  const trustedIds = trustedIdsOf(records, trust);
  const named = parsePolicy(trust, "trust").statements.flatMap(({ principals }) => principals?.aws ?? []);
  const isOurs = new RegExp(`^arn:aws:(iam|sts)::${accountId}:(?!root$|user/${administratorName}$)`);
  const nobody = named.find((arn) => isOurs.test(arn) && !Object.hasOwn(trustedIds, arn));
  if (nobody !== undefined)
    throw new Fault("MalformedPolicyDocumentException", `Invalid principal in policy: "AWS":"${nobody.slice(0, 200)}"`);
  return { trust, trustedIds };
}

function sessionSeconds(seconds = sessionSecondsLeast): number {
  if (seconds >= sessionSecondsLeast && seconds <= sessionSecondsMost) return seconds;
  throw invalid(
    `1 validation error detected: Value '${seconds}' at 'maxSessionDuration' failed to satisfy constraint: Member must be between ${sessionSecondsLeast} and ${sessionSecondsMost}`,
  );
}

/** Returns a role as replies show it. */
export const shown = (role: Role) => ({
  Path: role.path,
  RoleName: role.name,
  RoleId: role.id,
  Arn: role.arn,
  CreateDate: new Date(role.createdAt),
  AssumeRolePolicyDocument: encoded(role.trust),
  Description: role.description,
  MaxSessionDuration: role.sessionSecondsMax,
  PermissionsBoundary: shownBoundary(role),
  Tags: role.tags.length === 0 ? undefined : [...role.tags],
});
