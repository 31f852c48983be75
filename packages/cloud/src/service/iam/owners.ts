import { type IamContext, noSuch, roleOf, userOf } from "./context.ts";
import type { Principal, Role, User } from "./records.ts";

/** Whom policies are put on: IAM has the same operations for users and for roles. */
export type Owner = { readonly kind: "user"; readonly record: User } | { readonly kind: "role"; readonly record: Role };

/** The user that a request names. */
export const user = (context: IamContext, name: string | undefined): Owner => ({
  kind: "user",
  record: userOf(context, name),
});

/** The role that a request names. */
export const role = (context: IamContext, name: string | undefined): Owner => ({
  kind: "role",
  record: roleOf(context, name),
});

/** Keeps an owner with other policies or tags. */
export function change(
  { records }: IamContext,
  owner: Owner,
  changes: Partial<Pick<Principal, "inline" | "attached" | "tags">>,
): void {
  if (owner.kind === "user") records.put("user", { ...owner.record, ...changes });
  else records.put("role", { ...owner.record, ...changes });
}

/** An inline policy of an owner, as it was given. */
export function inlineOf({ kind, record }: Owner, policyName = ""): string {
  const document = Object.hasOwn(record.inline, policyName) ? record.inline[policyName] : undefined;
  if (document === undefined) throw noSuch(`The ${kind} policy with name ${policyName} cannot be found.`);
  return document;
}
