import { type AccessOf, defineService, type Service, serviceModel } from "@sluice/aws-protocol";
import { applicationOperations } from "./applications.ts";
import type { CodeDeployOperations, Context } from "./context.ts";
import { deploymentConfigOperations } from "./deployment-configs.ts";
import { deploymentGroupOperations } from "./deployment-groups.ts";
import { deploymentOperations } from "./deployments.ts";
import { githubTokenOperations } from "./github-tokens.ts";
import { checkListLengths, checkMembers } from "./validation/member-checks.ts";
import { onPremisesOperations } from "./on-premises-instances.ts";
import { revisionOperations } from "./revisions.ts";
import { tagOperations } from "./tags.ts";
import { targetOperations } from "./targets.ts";

/** All 47; one that is missing does not compile. */
const operations: Required<Omit<CodeDeployOperations, "$">> = {
  ...applicationOperations,
  ...deploymentConfigOperations,
  ...deploymentGroupOperations,
  ...deploymentOperations,
  ...githubTokenOperations,
  ...onPremisesOperations,
  ...revisionOperations,
  ...tagOperations,
  ...targetOperations,
};

/** The public API. Hosts may not use it. `accesses` returns what a request accesses, for permissions. */
export function codedeployService(
  context: Context,
  accesses: AccessOf,
  onDefect: (error: unknown, requestId: string) => void,
): Service {
  return defineService({
    name: "codedeploy",
    model: serviceModel("codedeploy"),
    signingNames: ["codedeploy"],
    operations,
    context,
    accesses,
    checkSizes: checkListLengths,
    checkInput: checkMembers,
    onDefect,
  });
}
