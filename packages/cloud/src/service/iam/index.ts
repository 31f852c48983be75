import { defineService, type Service, serviceModel, accessesFromTable } from "@sluice/aws-protocol";
import { accessKeyOperations } from "./access-keys.ts";
import { iamAccesses } from "./accesses.ts";
import { attachedPolicyOperations } from "./policies/attached-policies.ts";
import type { IamContext, IamOperations } from "./context.ts";
import { boundaryOperations } from "./policies/boundaries.ts";
import { groupOperations } from "./groups.ts";
import { inlinePolicyOperations } from "./policies/inline-policies.ts";
import { instanceProfileOperations } from "./instance-profiles.ts";
import { policyOperations } from "./policies/policies.ts";
import { roleOperations } from "./roles.ts";
import { serverCertificateOperations } from "./server-certificates.ts";
import { simulateOperations } from "./policies/simulate.ts";
import { tagOperations } from "./tags.ts";
import { userOperations } from "./users.ts";

export type { UserKeys } from "./context.ts";
export { instanceProfiles } from "./instance-profiles.ts";
export { findPolicy, versionOf } from "./policies/managed-policies.ts";
export { parsed, type Permissions, permissionsOf, uniqueIdOf } from "./policies/permissions.ts";
export { type PrivateCertificate, serverCertificates } from "./server-certificates.ts";
export { iamTables } from "./tables.ts";
export { iamRecords, type IamRecords, type Role } from "./records.ts";
export { roleRefusal } from "./role-refusal.ts";

const operations: IamOperations = {
  ...accessKeyOperations,
  ...attachedPolicyOperations,
  ...boundaryOperations,
  ...groupOperations,
  ...inlinePolicyOperations,
  ...instanceProfileOperations,
  ...policyOperations,
  ...roleOperations,
  ...serverCertificateOperations,
  ...simulateOperations,
  ...tagOperations,
  ...userOperations,
};

/** IAM: users, roles, policies and instance profiles of this account. */
export function iamService(context: IamContext, onDefect: (error: unknown, requestId: string) => void): Service {
  return defineService({
    name: "iam",
    model: serviceModel("iam"),
    signingNames: ["iam"],
    operations,
    context,
    accesses: accessesFromTable(iamAccesses(context)),
    onDefect,
  });
}
