import { mayDoEverything } from "@sluice/aws-protocol";
import { boundary, shownBoundary } from "./policies/boundaries.ts";
import { administratorName, checkName, conflict, exists, type IamOperations, newEntity, userOf } from "./context.ts";
import { page } from "./pagination.ts";
import type { User } from "./records.ts";

/** Operations on users themselves. */
export const userOperations: IamOperations = {
  CreateUser(context, { UserName, Path, Tags, PermissionsBoundary }) {
    const { records } = context;
    const name = newName(context, UserName);
    const entity = newEntity(context, { prefix: "AIDA", kind: "user", name, path: Path, tags: Tags });
    const user: User = { ...entity, ...boundary(context, PermissionsBoundary), inline: {}, attached: [] };
    records.put("user", user);
    return { User: shown(user) };
  },

  GetUser(context, { UserName }) {
    const { principal } = context.call;
    const isAdministrator = mayDoEverything(principal) && principal.service === undefined;
    if (isAdministrator && (UserName ?? administratorName) === administratorName)
      return {
        User: {
          Path: "/",
          UserName: administratorName,
          UserId: principal.userId,
          Arn: principal.arn,
          CreateDate: new Date(0),
        },
      };
    return { User: shown(userOf(context, UserName, principal.arn)) };
  },

  ListUsers({ records }, { PathPrefix = "/", ...place }) {
    const users = records.all("user").filter(({ path }) => path.startsWith(PathPrefix));
    const { items, ...rest } = page(users, place, ({ name }) => name);
    return { Users: items.map(shown), ...rest };
  },

  async UpdateUser(context, { UserName, NewUserName, NewPath }) {
    const { records, keys, accountId } = context;
    const user = userOf(context, UserName);
    const isSame = NewUserName === undefined || NewUserName.toLowerCase() === user.name.toLowerCase();
    const name = isSame ? checkName("newUserName", NewUserName ?? user.name, 64) : newName(context, NewUserName);
    const { path } = newEntity(context, { prefix: "AIDA", kind: "user", name, path: NewPath ?? user.path });
    const renamed = { ...user, name, path, arn: `arn:aws:iam::${accountId}:user${path}${name}` };
    records.remove("user", user.name);
    records.put("user", renamed);
    await keys.renameUser(user.id, renamed.arn);
  },

  async DeleteUser(context, { UserName }) {
    const { id, name, inline, attached, groups = [] } = userOf(context, UserName);
    if (groups.length > 0) throw conflict("Cannot delete entity, must remove users from group first.");
    if (context.keys.keysOf(id).length > 0) throw conflict("Cannot delete entity, must delete access keys first.");
    if (attached.length > 0) throw conflict("Cannot delete entity, must detach all policies first.");
    if (Object.keys(inline).length > 0) throw conflict("Cannot delete entity, must delete policies first.");
    context.records.remove("user", name);
    await context.keys.revokeKeysOf(id);
  },
};

function newName({ records }: Parameters<typeof userOf>[0], found: string | undefined): string {
  const name = checkName("userName", found, 64);
  if (records.find("user", name) !== undefined || name.toLowerCase() === administratorName)
    throw exists(`User with name ${name} already exists.`);
  return name;
}

/** Returns a user as replies show it. */
export const shown = (user: User) => ({
  Path: user.path,
  UserName: user.name,
  UserId: user.id,
  Arn: user.arn,
  CreateDate: new Date(user.createdAt),
  PermissionsBoundary: shownBoundary(user),
  Tags: user.tags.length === 0 ? undefined : [...user.tags],
});
