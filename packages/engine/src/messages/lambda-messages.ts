import type { LambdaAppSpec } from "../appspec/index.ts";
import type { AliasState } from "../model/lambda-plan.ts";
import { eventLimit } from "../rules/time-limits.ts";
import type { ErrorInformation, Target } from "../world.ts";

// What ends a deployment to a function: AWS's one sentence, and after it the reason that AWS leaves out (deployments.md §11.5).
const information = (code: string, message: string): ErrorInformation => ({ code, message });

const lambdaTrouble =
  "The deployment failed because the AppSpec file that specifies the AWS Lambda deployment configuration is missing or has an invalid configuration.";

const lambdaConfiguration = (reason: string): ErrorInformation =>
  information("INVALID_LAMBDA_CONFIGURATION", `${lambdaTrouble} ${reason}`);

/** There is no such function. */
export const functionMissing = (name: string): ErrorInformation =>
  information("INVALID_LAMBDA_FUNCTION", `${lambdaTrouble} There is no function "${name}"`);

/** There is no such alias, or no such function: the role may not read which. */
export const functionOrAliasMissing = ({
  functionName,
  alias,
}: Pick<LambdaAppSpec, "functionName" | "alias">): ErrorInformation =>
  information(
    "INVALID_LAMBDA_FUNCTION",
    `${lambdaTrouble} There is no function "${functionName}" with an alias "${alias}" (the service role may not do lambda:GetFunctionConfiguration, which would tell which of them is missing)`,
  );

/** There is no such alias. */
export const aliasMissing = (
  { functionName, alias }: Pick<LambdaAppSpec, "functionName" | "alias">,
  meant: string | undefined,
): ErrorInformation =>
  information(
    "INVALID_LAMBDA_FUNCTION",
    `${lambdaTrouble} The function "${functionName}" has no alias "${alias}"${meant === undefined ? "" : `; did you mean "${meant}"?`}`,
  );

/** There is no such version. */
export const versionMissing = (name: string, version: string): ErrorInformation =>
  information("INVALID_LAMBDA_FUNCTION", `${lambdaTrouble} The function "${name}" has no version ${version}`);

/** There is no such hook. */
export const hookMissing = (name: string): ErrorInformation =>
  information(
    "HOOK_EXECUTION_FAILURE",
    `The deployment failed because its hook names the function "${name}", which does not exist`,
  );

/** There is nothing to do. */
export const sameVersion = (version: string): ErrorInformation =>
  lambdaConfiguration(`CurrentVersion and TargetVersion are both ${version}: there is nothing to shift`);

/** An earlier deployment has left its weights. */
export const aliasWeighted = (
  { functionName, alias }: Pick<LambdaAppSpec, "functionName" | "alias">,
  state: AliasState,
): ErrorInformation => {
  return lambdaConfiguration(
    `The alias "${alias}" is on ${aliasInWords(state)}, as a stopped deployment leaves it. Clear it with: aws lambda update-alias --function-name ${functionName} --name ${alias} --routing-config AdditionalVersionWeights={} ; or tag the deployment group sluice:weighted-alias=adopt`,
  );
};

/** Another deployment is shifting the alias: clearing its weights would break that one. */
export const aliasBusy = (
  { functionName, alias }: Pick<LambdaAppSpec, "functionName" | "alias">,
  state: AliasState,
  deploymentId: string,
): ErrorInformation =>
  lambdaConfiguration(
    `The deployment ${deploymentId} is shifting the traffic of the alias "${alias}" of "${functionName}" right now: it is on ${aliasInWords(state)}. Wait until ${deploymentId} has ended (aws deploy wait deployment-successful --deployment-id ${deploymentId}), and deploy again`,
  );

/** Traffic is somewhere else than the deployment thinks. */
export const aliasPointsElsewhere = (
  { alias }: Pick<LambdaAppSpec, "alias">,
  { version }: AliasState,
  current: string,
): ErrorInformation =>
  lambdaConfiguration(`The alias "${alias}" is on version ${version}, and CurrentVersion is ${current}`);

/** The function's target has failed. */
export function functionFailed({ events }: Target): ErrorInformation {
  const event = events.find(({ status }) => status === "Failed");
  const { name = "AllowTraffic", diagnostics, error, startTime = 0, endTime = 0 } = event ?? {};
  const why = diagnostics?.message ?? "it reported Failed";
  const isLate = endTime - startTime >= eventLimit;
  const errorCode = error?.code === "INTERNAL_ERROR" ? undefined : error?.code;
  const code = errorCode ?? (name === "AllowTraffic" ? "INVALID_LAMBDA_CONFIGURATION" : "HOOK_EXECUTION_FAILURE");
  return information(
    isLate ? "TIMEOUT" : code,
    `The deployment failed because the lifecycle event ${name} failed: ${why}`,
  );
}

/** An alias as a person reads it. */
export const aliasInWords = ({ version, weights }: Omit<AliasState, "revisionId">): string =>
  [
    `version ${version}`,
    ...Object.entries(weights).map(([other, weight]) => `${percentText(weight)} of the traffic on version ${other}`),
  ].join(", with ");

const percentText = (weight: number) => `${Math.round(weight * 1000) / 10} %`;
