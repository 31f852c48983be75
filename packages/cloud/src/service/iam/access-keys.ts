import { type IamContext, type IamOperations, invalid, limit, noSuch, userOf } from "./context.ts";
import { page } from "./pagination.ts";
import type { User } from "./records.ts";

/** Keys of one user: IAM's own limit. */
const keysMax = 2;

/** Operations on users' keys. A secret is returned once, when it is created. */
export const accessKeyOperations: IamOperations = {
  async CreateAccessKey(context, { UserName }) {
    const { keys, call, clock } = context;
    const user = userOf(context, UserName, call.principal.arn);
    if (keys.keysOf(user.id).length >= keysMax) throw limit(`Cannot exceed quota for AccessKeysPerUser: ${keysMax}`);
    const { accessKeyId, secretAccessKey } = await keys.issueForUser({ arn: user.arn, userId: user.id });
    return {
      AccessKey: {
        UserName: user.name,
        AccessKeyId: accessKeyId,
        Status: "Active",
        SecretAccessKey: secretAccessKey,
        CreateDate: new Date(clock()),
      },
    };
  },

  ListAccessKeys(context, { UserName, ...place }) {
    const { keys, call } = context;
    const { id, name } = userOf(context, UserName, call.principal.arn);
    const { items, ...rest } = page(keys.keysOf(id), place, ({ accessKeyId }) => accessKeyId);
    return {
      AccessKeyMetadata: items.map(({ accessKeyId, createdAt, isActive }) => ({
        UserName: name,
        AccessKeyId: accessKeyId,
        Status: isActive ? "Active" : "Inactive",
        CreateDate: new Date(createdAt),
      })),
      ...rest,
    };
  },

  async UpdateAccessKey(context, { UserName, AccessKeyId, Status }) {
    if (Status !== "Active" && Status !== "Inactive")
      throw invalid(`Status must be Active or Inactive, and is "${Status}"`);
    await context.keys.setActive(
      keyOf(context, userOf(context, UserName, context.call.principal.arn), AccessKeyId),
      Status === "Active",
    );
  },

  async DeleteAccessKey(context, { UserName, AccessKeyId }) {
    await context.keys.revokeKey(keyOf(context, userOf(context, UserName, context.call.principal.arn), AccessKeyId));
  },
};

function keyOf({ keys }: IamContext, { id }: User, accessKeyId = ""): string {
  if (keys.keysOf(id).some((key) => key.accessKeyId === accessKeyId)) return accessKeyId;
  throw noSuch(`The Access Key with id ${accessKeyId} cannot be found.`);
}
