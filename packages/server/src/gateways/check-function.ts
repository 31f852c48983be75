import type { AliasConfiguration, Lambda } from "@aws-sdk/client-lambda";
import type { AliasState, EffectOf, FunctionFacts } from "@sluice/engine";
import type { Clients } from "./clients.ts";
import { finished, isDenied, isNamed, underWay, type EffectOutcome } from "./outcome.ts";

type CheckFunction = EffectOf<"check function">;

/** Reads a function, its alias and its versions, and waits for provisioned concurrency that is being allocated. */
export async function checkFunction(clients: Clients, effect: CheckFunction): Promise<EffectOutcome> {
  const lambda = await clients.lambda();
  const alias = await orUndefined(() => getAlias(lambda, effect));
  const facts: FunctionFacts = {
    ...(await functionArn(lambda, effect, alias)),
    alias: alias && stateOfAlias(alias),
    aliases: alias === undefined ? await aliasNames(lambda, effect) : [],
    missing: await missingOf(
      lambda,
      effect.versions.map((version) => [effect.functionName, version] as const),
    ),
    missingHooks: await missingFunctions(lambda, effect.hooks),
  };
  const waiting = alias === undefined ? undefined : await unreadyConcurrency(lambda, effect);
  return waiting === undefined ? finished({ functionFacts: facts }) : underWay(waiting);
}

/** Reads an alias; throws if it does not exist. */
export const getAlias = (
  lambda: Lambda,
  { functionName, alias }: { readonly functionName: string; readonly alias: string },
): Promise<AliasConfiguration> => lambda.getAlias({ FunctionName: functionName, Name: alias });

/** Returns where an alias points. */
export const stateOfAlias = ({
  FunctionVersion = "",
  RoutingConfig,
  RevisionId = "",
}: AliasConfiguration): AliasState => ({
  version: FunctionVersion,
  weights: RoutingConfig?.AdditionalVersionWeights ?? {},
  revisionId: RevisionId,
});

/** Returns the function's ARN: the alias's without the alias, or what the function itself says. */
async function functionArn(
  lambda: Lambda,
  { functionName }: CheckFunction,
  alias: AliasConfiguration | undefined,
): Promise<Pick<FunctionFacts, "arn" | "isDenied">> {
  if (alias?.AliasArn !== undefined) return { arn: alias.AliasArn.replace(/:[^:]+$/, "") };
  const configuration = await orDenied(() => lambda.getFunctionConfiguration({ FunctionName: functionName }));
  return configuration === "denied" ? { isDenied: true } : { arn: configuration?.FunctionArn };
}

async function aliasNames(lambda: Lambda, { functionName }: CheckFunction): Promise<readonly string[]> {
  const list = await orDenied(() => lambda.listAliases({ FunctionName: functionName }));
  return (list === "denied" ? [] : (list?.Aliases ?? [])).flatMap(({ Name }) => Name ?? []);
}

/** Returns which of some functions do not exist. */
export const missingFunctions = (lambda: Lambda, names: readonly string[]): Promise<readonly string[]> =>
  missingOf(
    lambda,
    names.map((name) => [name] as const),
  );

/**
 * Returns which of some functions, or of their versions, do not exist. One that the role may not read is assumed to
 * exist: whatever needs it will fail otherwise.
 */
async function missingOf(
  lambda: Lambda,
  wanted: readonly (readonly [name: string, version?: string])[],
): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const [FunctionName, Qualifier] of wanted) {
    const configuration = await orDenied(() => lambda.getFunctionConfiguration({ FunctionName, Qualifier }));
    if (configuration === undefined) missing.push(Qualifier ?? FunctionName);
  }
  return missing;
}

async function unreadyConcurrency(lambda: Lambda, { functionName, alias }: CheckFunction): Promise<string | undefined> {
  const config = await orUndefined(() =>
    lambda.getProvisionedConcurrencyConfig({ FunctionName: functionName, Qualifier: alias }),
  );
  if (config === undefined || config.Status === "READY") return undefined;
  const { AllocatedProvisionedConcurrentExecutions: has = 0, RequestedProvisionedConcurrentExecutions: wants } = config;
  const why = config.StatusReason === undefined ? "" : `: ${config.StatusReason}`;
  return `the provisioned concurrency of ${alias} is ${config.Status} (${has} of ${wants})${why}`;
}

/**
 * Returns the result of a call; undefined when the thing does not exist. A call that the role may not make is an error:
 * AWS's own policy for CodeDeploy and Lambda allows it.
 */
async function orUndefined<Result>(call: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await call();
  } catch (error) {
    if (isNamed(error, "ResourceNotFoundException", "ProvisionedConcurrencyConfigNotFoundException")) return undefined;
    throw error;
  }
}

/** As `orUndefined`, for calls that AWS's own policy does not allow: a deployment must do without their results. */
async function orDenied<Result>(call: () => Promise<Result>): Promise<Result | undefined | "denied"> {
  try {
    return await orUndefined(call);
  } catch (error) {
    if (isDenied(error)) return "denied";
    throw error;
  }
}
