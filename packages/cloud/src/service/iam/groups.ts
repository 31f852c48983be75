import {
  checkName,
  conflict,
  exists,
  groupOf,
  type IamContext,
  type IamOperations,
  limit,
  newEntity,
  noSuch,
  userOf,
} from "./context.ts";
import { page } from "./pagination.ts";
import type { Group } from "./records.ts";
import { shown as shownUser } from "./users.ts";

/** IAM's limits: groups of an account, and of one user. */
const groupsMax = 300;
const groupsOfUserMax = 10;

/** Operations on groups of users. */
export const groupOperations: IamOperations = {
  CreateGroup(context, { GroupName, Path }) {
    const { records } = context;
    const name = newName(context, GroupName);
    if (records.all("group").length >= groupsMax) throw limit(`Cannot exceed quota for GroupsPerAccount: ${groupsMax}`);
    const entity = newEntity(context, { prefix: "AGPA", kind: "group", name, path: Path });
    const group: Group = { ...entity, inline: {}, attached: [] };
    records.put("group", group);
    return { Group: shown(group) };
  },

  GetGroup(context, { GroupName, ...place }) {
    const group = groupOf(context, GroupName);
    const { items, ...rest } = page(membersOf(context, group), place, ({ name }) => name);
    return { Group: shown(group), Users: items.map(shownUser), ...rest };
  },

  ListGroups({ records }, { PathPrefix = "/", ...place }) {
    const groups = records.all("group").filter(({ path }) => path.startsWith(PathPrefix));
    const { items, ...rest } = page(groups, place, ({ name }) => name);
    return { Groups: items.map(shown), ...rest };
  },

  UpdateGroup(context, { GroupName, NewGroupName, NewPath }) {
    const { records, accountId } = context;
    const group = groupOf(context, GroupName);
    const isSame = NewGroupName === undefined || NewGroupName.toLowerCase() === group.name.toLowerCase();
    const name = isSame ? checkName("newGroupName", NewGroupName ?? group.name, 128) : newName(context, NewGroupName);
    const { path } = newEntity(context, { prefix: "AGPA", kind: "group", name, path: NewPath ?? group.path });
    const members = membersOf(context, group);
    records.remove("group", group.name);
    records.put("group", { ...group, name, path, arn: `arn:aws:iam::${accountId}:group${path}${name}` });
    for (const { groups = [], ...user } of members)
      records.put("user", { ...user, groups: groups.map((one) => (one === group.name ? name : one)) });
  },

  DeleteGroup(context, { GroupName }) {
    const group = groupOf(context, GroupName);
    if (membersOf(context, group).length > 0)
      throw conflict("Cannot delete entity, must remove users from group first.");
    if (group.attached.length > 0) throw conflict("Cannot delete entity, must detach all policies first.");
    if (Object.keys(group.inline).length > 0) throw conflict("Cannot delete entity, must delete policies first.");
    context.records.remove("group", group.name);
  },

  AddUserToGroup(context, { GroupName, UserName }) {
    const { name } = groupOf(context, GroupName);
    const { groups = [], ...user } = userOf(context, UserName);
    if (groups.includes(name)) return;
    if (groups.length >= groupsOfUserMax) throw limit(`Cannot exceed quota for GroupsPerUser: ${groupsOfUserMax}`);
    context.records.put("user", { ...user, groups: [...groups, name] });
  },

  RemoveUserFromGroup(context, { GroupName, UserName }) {
    const { name } = groupOf(context, GroupName);
    const { groups = [], ...user } = userOf(context, UserName);
    if (!groups.includes(name)) throw noSuch(`The user with name ${user.name} is not in the group ${name}.`);
    context.records.put("user", { ...user, groups: groups.filter((one) => one !== name) });
  },

  ListGroupsForUser(context, { UserName, ...place }) {
    const { groups = [] } = userOf(context, UserName);
    const found = groups.flatMap((name) => context.records.find("group", name) ?? []);
    const { items, ...rest } = page(found, place, ({ name }) => name);
    return { Groups: items.map(shown), ...rest };
  },
};

function newName({ records }: IamContext, found: string | undefined): string {
  const name = checkName("groupName", found, 128);
  if (records.find("group", name) !== undefined) throw exists(`Group with name ${name} already exists.`);
  return name;
}

const membersOf = ({ records }: IamContext, { name }: Group) =>
  records.all("user").filter(({ groups = [] }) => groups.includes(name));

const shown = ({ path, name, id, arn, createdAt }: Group) => ({
  Path: path,
  GroupName: name,
  GroupId: id,
  Arn: arn,
  CreateDate: new Date(createdAt),
});
