import { type AccessTable, resourceTags } from "@sluice/aws-protocol";
import { roleOf, type StsContext } from "./assume-role.ts";

/** What each request to STS touches. No Allow is needed: the trust policies of roles decide. */
export function stsAccesses(context: StsContext): AccessTable {
  return {
    // As AWS documents it, GetCallerIdentity is allowed whatever the policies say.
    GetCallerIdentity: () => [{ resource: "*", isFree: true }],
    GetAccessKeyInfo: () => [{ resource: "*", isOpen: true }],
    GetSessionToken: () => [{ resource: "*", isOpen: true }],
    AssumeRole({ RoleArn, RoleSessionName, ExternalId }) {
      const resource = text(RoleArn) ?? "*";
      const role = roleOf(context, resource);
      return [
        {
          resource,
          context: {
            ...resourceTags(role?.tags, "iam:ResourceTag"),
            "sts:RoleSessionName": text(RoleSessionName),
            "sts:ExternalId": text(ExternalId),
          },
          isOpen: true,
        },
      ];
    },
  };
}

const text = (found: unknown): string | undefined => (typeof found === "string" ? found : undefined);
