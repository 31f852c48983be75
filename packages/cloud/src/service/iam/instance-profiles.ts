import {
  checkName,
  conflict,
  exists,
  type IamContext,
  type IamOperations,
  limit,
  newEntity,
  noSuch,
  roleOf,
} from "./context.ts";
import { page } from "./pagination.ts";
import type { IamRecords, Profile } from "./records.ts";
import { profilesOf, shown as shownRole } from "./roles.ts";

/** Operations on instance profiles. A profile has at most one role. */
export const instanceProfileOperations: IamOperations = {
  CreateInstanceProfile(context, { InstanceProfileName, Path, Tags }) {
    const { records } = context;
    const name = checkName("instanceProfileName", InstanceProfileName, 128);
    if (records.find("profile", name) !== undefined) throw exists(`Instance Profile ${name} already exists.`);
    const profile: Profile = newEntity(context, {
      prefix: "AIPA",
      kind: "instance-profile",
      name,
      path: Path,
      tags: Tags,
    });
    records.put("profile", profile);
    return { InstanceProfile: shown(context, profile) };
  },

  GetInstanceProfile: (context, { InstanceProfileName }) => ({
    InstanceProfile: shown(context, profileOf(context, InstanceProfileName)),
  }),

  ListInstanceProfiles(context, { PathPrefix = "/", ...place }) {
    const profiles = context.records.all("profile").filter(({ path }) => path.startsWith(PathPrefix));
    const { items, ...rest } = page(profiles, place, ({ name }) => name);
    return { InstanceProfiles: items.map((profile) => shown(context, profile)), ...rest };
  },

  ListInstanceProfilesForRole(context, { RoleName, ...place }) {
    const { items, ...rest } = page(profilesOf(context, roleOf(context, RoleName).name), place, ({ name }) => name);
    return { InstanceProfiles: items.map((profile) => shown(context, profile)), ...rest };
  },

  AddRoleToInstanceProfile(context, { InstanceProfileName, RoleName }) {
    const profile = profileOf(context, InstanceProfileName);
    const { name } = roleOf(context, RoleName);
    if (profile.roleName !== undefined) throw limit("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
    context.records.put("profile", { ...profile, roleName: name });
  },

  RemoveRoleFromInstanceProfile(context, { InstanceProfileName, RoleName }) {
    const { roleName, ...profile } = profileOf(context, InstanceProfileName);
    if (roleName === undefined || roleName !== roleOf(context, RoleName).name)
      throw noSuch(`The role with name ${RoleName} cannot be found.`);
    context.records.put("profile", profile);
  },

  DeleteInstanceProfile(context, { InstanceProfileName }) {
    const { name, roleName } = profileOf(context, InstanceProfileName);
    if (roleName !== undefined) throw conflict("Cannot delete entity, must remove roles from instance profile first.");
    context.records.remove("profile", name);
  },
};

/** Instance profiles by name, with the ARNs and unique ids of their roles, as launches need them. */
export function instanceProfiles(records: IamRecords) {
  return {
    find(name: string) {
      const profile = records.find("profile", name);
      const role = profile?.roleName === undefined ? undefined : records.find("role", profile.roleName);
      return profile && { ...profile, roleArn: role?.arn, roleId: role?.id };
    },
  };
}

function profileOf({ records }: IamContext, name: string | undefined): Profile {
  const profile = records.find("profile", checkName("instanceProfileName", name, 128));
  if (profile === undefined) throw noSuch(`Instance Profile ${name} cannot be found.`);
  return profile;
}

function shown({ records }: IamContext, { path, name, id, arn, createdAt, roleName, tags }: Profile) {
  const role = roleName === undefined ? undefined : records.find("role", roleName);
  return {
    Path: path,
    InstanceProfileName: name,
    InstanceProfileId: id,
    Arn: arn,
    CreateDate: new Date(createdAt),
    Roles: role === undefined ? [] : [shownRole(role)],
    Tags: tags.length === 0 ? undefined : [...tags],
  };
}
