import { evaluate } from "@sluice/aws-protocol";
import { permissionsOf } from "./policies/permissions.ts";
import type { IamRecords } from "./records.ts";

/** Returns IAM's reason why a session of a role may not do something, for a service that does it on the role's behalf; undefined when it may. */
export function roleRefusal(
  records: IamRecords,
  roleArn: string,
  { action, resource }: { readonly action: string; readonly resource: string },
): string | undefined {
  const role = records.find("role", roleArn.slice(roleArn.lastIndexOf("/") + 1));
  const permissions = role?.arn === roleArn ? permissionsOf(records, { arn: roleArn, userId: role.id }) : undefined;
  if (permissions === undefined) return `there is no role ${roleArn}`;
  const { policies, boundary } = permissions;
  const asked = { name: action, resource, context: new Map() };
  const judged = [policies, ...(boundary === undefined ? [] : [[boundary]])].map((documents) =>
    evaluate(documents, asked),
  );
  const refused = judged.find(({ outcome }) => outcome !== "allowed");
  if (refused === undefined) return undefined;
  const why =
    refused.outcome === "explicitly denied"
      ? "with an explicit deny"
      : `because no identity-based policy allows the ${action} action`;
  return `${roleArn} is not authorized to perform: ${action} on resource: ${resource} ${why}`;
}
