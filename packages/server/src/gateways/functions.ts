import type { AliasConfiguration, LambdaClient } from "@aws-sdk/client-lambda";
import {
  type AliasState,
  type FunctionFacts,
  aliasInWords,
  type Checkpoint,
  percentDue,
  type EffectOf,
} from "@sluice/engine";
import type { Clients } from "./clients.ts";
import { finished, isDenied, outcomeOfError, refused, underWay, type EffectOutcome } from "./outcome.ts";

type Check = EffectOf<"check function">;
type ShiftTraffic = EffectOf<"shift traffic">;

/** Looks at a function, its alias and its versions, and waits for provisioned concurrency that is being allocated. */
export async function checkFunction(clients: Clients, effect: Check): Promise<EffectOutcome> {
  const client = await clients.functions();
  const alias = await orAbsent(() => aliasOf(client, effect));
  const facts: FunctionFacts = {
    ...(await functionOf(client, effect, alias)),
    alias: alias && stateOf(alias),
    aliases: alias === undefined ? await aliasNames(client, effect) : [],
    missing: await missingOf(
      client,
      effect.versions.map((version) => [effect.functionName, version] as const),
    ),
    missingHooks: await missingOf(
      client,
      effect.hooks.map((hook) => [hook] as const),
    ),
  };
  const waiting = alias === undefined ? undefined : await unreadyConcurrency(client, effect);
  return waiting === undefined ? finished({ functionFacts: facts }) : underWay(waiting);
}

/** Moves traffic to where it is due by now. Only what we have left is changed: a foreign change is told, not overwritten (deployments.md §11.3). */
export async function shiftTraffic(
  clients: Clients,
  effect: ShiftTraffic,
  { checkpoint, now }: { readonly checkpoint: Checkpoint | undefined; readonly now: number },
): Promise<EffectOutcome> {
  const percent = percentDue(effect.shifts, now);
  if (checkpoint?.shifted?.percent === percent) return moved(effect, { percent, now });
  try {
    const client = await clients.functions();
    const found = stateOf(await aliasOf(client, effect));
    const stands = percentOf(found, effect);
    const known = checkpoint?.shifted?.revisionId ?? effect.before?.revisionId;
    // A shift of ours whose note was lost looks like one: it is on a step of the plan.
    const isOurs = known === undefined || found.revisionId === known || isPlanned(effect, stands);
    if (!isOurs) return refused("INVALID_LAMBDA_CONFIGURATION", foreign(effect, found));
    if (stands === percent) return moved(effect, { percent, now }, found.revisionId);
    const { UpdateAliasCommand } = await import("@aws-sdk/client-lambda");
    const { RevisionId = "" } = await client.send(
      new UpdateAliasCommand({
        FunctionName: effect.functionName,
        Name: effect.alias,
        RevisionId: found.revisionId,
        FunctionVersion: percent === 100 ? effect.targetVersion : effect.currentVersion,
        RoutingConfig: {
          AdditionalVersionWeights: percent === 100 ? {} : { [effect.targetVersion]: percent / 100 },
        },
      }),
    );
    return moved(effect, { percent, now }, RevisionId);
  } catch (error) {
    // Somebody was faster: the next look tells whether that was a change that stops us.
    const isStale = error instanceof Error && error.name === "PreconditionFailedException";
    return isStale ? underWay("the alias has just been changed") : outcomeOfError(error);
  }
}

function moved(
  { shifts, targetVersion, alias }: ShiftTraffic,
  { percent, now }: { readonly percent: number; readonly now: number },
  revisionId?: string,
): EffectOutcome {
  const checkpoint = revisionId === undefined ? undefined : { shifted: { percent, revisionId } };
  if (percent === 100) return finished(checkpoint);
  const next = shifts.find(({ at }) => at > now);
  const then = next === undefined ? "" : `, and ${next.percent} % at ${new Date(next.at).toISOString()}`;
  return underWay(`version ${targetVersion} has ${percent} % of the traffic of ${alias}${then}`, checkpoint);
}

/** How much of the traffic an alias gives the target version; undefined where it is in no state that the plan knows. */
function percentOf({ version, weights }: AliasState, effect: ShiftTraffic): number | undefined {
  const others = Object.entries(weights);
  if (version === effect.targetVersion && others.length === 0) return 100;
  if (version !== effect.currentVersion) return undefined;
  const [other] = others;
  if (other === undefined) return 0;
  return other[0] === effect.targetVersion && others.length === 1 ? Math.round(other[1] * 100) : undefined;
}

const isPlanned = ({ shifts }: ShiftTraffic, stands: number | undefined): boolean =>
  shifts.some(({ percent }) => percent === stands);

function foreign({ alias, functionName }: ShiftTraffic, found: AliasState): string {
  return `The alias "${alias}" of "${functionName}" was changed by somebody else while its traffic moved: it is now on ${aliasInWords(found)}`;
}

async function aliasOf(
  client: LambdaClient,
  { functionName, alias }: { readonly functionName: string; readonly alias: string },
): Promise<AliasConfiguration> {
  const { GetAliasCommand } = await import("@aws-sdk/client-lambda");
  return client.send(new GetAliasCommand({ FunctionName: functionName, Name: alias }));
}

const stateOf = ({ FunctionVersion = "", RoutingConfig, RevisionId = "" }: AliasConfiguration): AliasState => ({
  version: FunctionVersion,
  weights: RoutingConfig?.AdditionalVersionWeights ?? {},
  revisionId: RevisionId,
});

/** The function's ARN: its alias's without the name, or what the function itself says. */
async function functionOf(
  client: LambdaClient,
  { functionName }: Check,
  alias: AliasConfiguration | undefined,
): Promise<Pick<FunctionFacts, "arn" | "isDenied">> {
  if (alias?.AliasArn !== undefined) return { arn: alias.AliasArn.replace(/:[^:]+$/, "") };
  const { GetFunctionConfigurationCommand } = await import("@aws-sdk/client-lambda");
  const configuration = await orUntold(() =>
    client.send(new GetFunctionConfigurationCommand({ FunctionName: functionName })),
  );
  if (configuration === "may not be looked at") return { isDenied: true };
  return { arn: configuration?.FunctionArn };
}

async function aliasNames(client: LambdaClient, { functionName }: Check): Promise<readonly string[]> {
  const { ListAliasesCommand } = await import("@aws-sdk/client-lambda");
  const list = await orUntold(() => client.send(new ListAliasesCommand({ FunctionName: functionName })));
  return (list === "may not be looked at" ? [] : (list?.Aliases ?? [])).flatMap(({ Name }) => Name ?? []);
}

/** Which of some functions, or versions of them, are not there. One that may not be looked at is taken to be there: what needs it says otherwise. */
async function missingOf(
  client: LambdaClient,
  wanted: readonly (readonly [name: string, version?: string])[],
): Promise<readonly string[]> {
  const { GetFunctionConfigurationCommand } = await import("@aws-sdk/client-lambda");
  const missing: string[] = [];
  for (const [FunctionName, Qualifier] of wanted) {
    const look = () => client.send(new GetFunctionConfigurationCommand({ FunctionName, Qualifier }));
    if ((await orUntold(look)) === undefined) missing.push(Qualifier ?? FunctionName);
  }
  return missing;
}

async function unreadyConcurrency(client: LambdaClient, { functionName, alias }: Check): Promise<string | undefined> {
  const { GetProvisionedConcurrencyConfigCommand } = await import("@aws-sdk/client-lambda");
  const config = await orAbsent(() =>
    client.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName: functionName, Qualifier: alias })),
  );
  if (config === undefined || config.Status === "READY") return undefined;
  const { AllocatedProvisionedConcurrentExecutions: has = 0, RequestedProvisionedConcurrentExecutions: wants } = config;
  const why = config.StatusReason === undefined ? "" : `: ${config.StatusReason}`;
  return `the provisioned concurrency of ${alias} is ${config.Status} (${has} of ${wants})${why}`;
}

/** What a call gives; undefined when the thing is not there. A role that may not ask is refused: AWS's own policy for CodeDeploy and Lambda lets it. */
async function orAbsent<Found>(call: () => Promise<Found>): Promise<Found | undefined> {
  try {
    return await call();
  } catch (error) {
    if (isNamed(error, "ResourceNotFoundException", "ProvisionedConcurrencyConfigNotFoundException")) return undefined;
    throw error;
  }
}

/** The same for calls that AWS's own policy does not allow: a deployment must do without what they would tell. */
async function orUntold<Found>(call: () => Promise<Found>): Promise<Found | undefined | "may not be looked at"> {
  try {
    return await orAbsent(call);
  } catch (error) {
    if (isDenied(error)) return "may not be looked at";
    throw error;
  }
}

const isNamed = (error: unknown, ...names: readonly string[]) => error instanceof Error && names.includes(error.name);
