import { type IamContext, type IamOperations, mergeTags, roleOf, userOf } from "./context.ts";
import { change, type Owner, role, user } from "./owners.ts";
import { page } from "./pagination.ts";
import type { Tag } from "./records.ts";

/** Operations on tags of users and roles. */
export const tagOperations: IamOperations = {
  TagRole: (context, { RoleName, Tags = [] }) => tag(context, role(context, RoleName), Tags),
  TagUser: (context, { UserName, Tags = [] }) => tag(context, user(context, UserName), Tags),

  UntagRole: (context, { RoleName, TagKeys = [] }) => untag(context, role(context, RoleName), TagKeys),
  UntagUser: (context, { UserName, TagKeys = [] }) => untag(context, user(context, UserName), TagKeys),

  ListRoleTags: (context, { RoleName, ...place }) => list(roleOf(context, RoleName).tags, place),
  ListUserTags: (context, { UserName, ...place }) => list(userOf(context, UserName).tags, place),
};

function tag(context: IamContext, owner: Owner, tags: Parameters<typeof mergeTags>[1]): void {
  change(context, owner, { tags: mergeTags(owner.record.tags, tags) });
}

/** Keys are compared without regard to case, as when tags are set. */
function untag(context: IamContext, owner: Owner, keys: readonly string[]): void {
  const gone = new Set(keys.map((key) => key.toLowerCase()));
  change(context, owner, { tags: owner.record.tags.filter(({ Key }) => !gone.has(Key.toLowerCase())) });
}

function list(tags: readonly Tag[], place: { Marker?: string | undefined; MaxItems?: number | undefined }) {
  const { items, ...rest } = page(tags, place, ({ Key }) => Key);
  return { Tags: items, ...rest };
}
