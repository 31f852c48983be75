import { type AccessTable, type Call, Fault } from "@sluice/aws-protocol";
import { codedeployAccesses } from "../access/codedeploy-accesses.ts";
import { explain } from "../explain/explain.ts";
import type { Explanation } from "../explain/explanation.ts";
import { readSnapshot } from "../explain/read-snapshot.ts";
import type { Store } from "../store/index.ts";
import type { OperationShapes } from "./sluice-model.ts";

// Operations about deployments that AWS does not have.

export interface DeploymentOperationsContext {
  readonly store: Store;
  readonly region: string;
  readonly accountId: string;
  /** What a host's agent says its version is; undefined when it is not known. */
  readonly agentVersionOf: (host: string) => string | undefined;
}

type Context = DeploymentOperationsContext & { readonly call: Call };

/** Their inputs and outputs. */
export const deploymentShapes = {
  ExplainDeployment: [{ deploymentId: "text" }, { explanation: "document" }],
} as const satisfies OperationShapes;

/** Operations about deployments. */
export const deploymentOperations = {
  /** Why a deployment is as it is: the rule that ended it, the causes, what changed, what to do next. */
  ExplainDeployment(
    context: Context,
    { deploymentId = "" }: { readonly deploymentId?: string | undefined },
  ): { readonly explanation: Explanation } {
    const snapshot = readSnapshot(context, deploymentId);
    if (snapshot === undefined) throw unknownDeployment(deploymentId);
    return { explanation: explain(snapshot) };
  },
};

/** What they touch: the deployment group, by the name that CodeDeploy's own operations on it have. */
export function deploymentAccesses(context: DeploymentOperationsContext): AccessTable {
  const accesses = codedeployAccesses(context);
  return {
    ExplainDeployment: (input, call) => accesses("GetDeployment", input, call),
  };
}

const unknownDeployment = (id: string): Fault =>
  new Fault("DeploymentDoesNotExistException", `The deployment ${id} could not be found`);
