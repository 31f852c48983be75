import { groupOf, type IamContext, noSuch, roleOf, userOf } from "./context.ts";
import type { Group, PolicyOwner, Role, User } from "./records.ts";

/** Owners of policies: IAM has the same operations for users, groups and roles. */
export type Owner =
  | { readonly kind: "user"; readonly record: User }
  | { readonly kind: "group"; readonly record: Group }
  | { readonly kind: "role"; readonly record: Role };

/** Returns the user that a request names. */
export const user = (context: IamContext, name: string | undefined): Owner => ({
  kind: "user",
  record: userOf(context, name),
});

/** Returns the group that a request names. */
export const group = (context: IamContext, name: string | undefined): Owner => ({
  kind: "group",
  record: groupOf(context, name),
});

/** Returns the role that a request names. */
export const role = (context: IamContext, name: string | undefined): Owner => ({
  kind: "role",
  record: roleOf(context, name),
});

/** Stores an owner with other policies or tags. */
export function change(
  { records }: IamContext,
  owner: Owner,
  changes: Partial<Pick<PolicyOwner, "inline" | "attached" | "tags">>,
): void {
  if (owner.kind === "user") records.put("user", { ...owner.record, ...changes });
  else if (owner.kind === "group") records.put("group", { ...owner.record, ...changes });
  else records.put("role", { ...owner.record, ...changes });
}

/** Returns an inline policy of an owner, as it was given. */
export function inlineOf({ kind, record }: Owner, policyName = ""): string {
  const document = Object.hasOwn(record.inline, policyName) ? record.inline[policyName] : undefined;
  if (document === undefined) throw noSuch(`The ${kind} policy with name ${policyName} cannot be found.`);
  return document;
}
