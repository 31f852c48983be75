import { type AccessOf, defineService, type Service, serviceModel } from "@sluice/aws-protocol";
import { applicationOperations } from "./applications.ts";
import type { CodeDeployOperations, Context } from "./context.ts";
import { deploymentConfigOperations } from "./deployment-configs.ts";
import { deploymentGroupOperations } from "./deployment-groups.ts";
import { deploymentOperations } from "./deployments.ts";
import { checkMembers } from "./member-checks.ts";
import { revisionOperations } from "./revisions.ts";
import { targetOperations } from "./targets.ts";

const operations: CodeDeployOperations = {
  ...applicationOperations,
  ...deploymentConfigOperations,
  ...deploymentGroupOperations,
  ...deploymentOperations,
  ...revisionOperations,
  ...targetOperations,
};

/** The public API: every operation that is served, by noun. Hosts have no business here. `accesses` says what a request is about, for permissions. */
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
    checkInput: checkMembers,
    onDefect,
  });
}
