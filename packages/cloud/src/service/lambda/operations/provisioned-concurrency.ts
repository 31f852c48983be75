import type { ProvisionedConcurrencyConfigListItem } from "@aws-sdk/client-lambda";
import { Fault } from "@sluice/aws-protocol";
import type { LambdaContext, LambdaOperations } from "../context.ts";
import { concurrencyMax } from "../execution/executor.ts";
import {
  findSetting,
  findVersion,
  functionOf,
  putSetting,
  sharesOf,
  versionOf,
  versionsOf,
} from "../store/function-rows.ts";
import { arnOf, badValue, latest, readName } from "../names.ts";
import { pageOf } from "./pagination.ts";

interface Provisioned {
  readonly requested: number;
  readonly modifiedAt: number;
}

const kind = "provisioned" as const;

/** Operations on provisioned and reserved concurrency. */
export const concurrencyOperations: LambdaOperations = {
  PutProvisionedConcurrencyConfig(context, input) {
    const { name, qualifier } = readName(input.FunctionName, input.Qualifier);
    functionOf(context, name);
    if (qualifier === undefined || qualifier === latest)
      throw badValue("Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
    for (const version of sharesOf(context, name, qualifier).keys()) versionOf(context, name, version);
    const requested = input.ProvisionedConcurrentExecutions ?? 0;
    if (!Number.isInteger(requested) || requested < 1 || requested > concurrencyMax)
      throw badValue(`Specified ConcurrentExecutions is ${requested}, and must be from 1 to ${concurrencyMax} here`);
    putSetting(context, { name, qualifier, kind }, { requested, modifiedAt: context.clock() } satisfies Provisioned);
    provision(context, name);
    return describe(context, { name, qualifier }, { requested, modifiedAt: context.clock() });
  },

  GetProvisionedConcurrencyConfig(context, input) {
    const { name, qualifier = latest } = readName(input.FunctionName, input.Qualifier);
    return describe(context, { name, qualifier }, provisionedOf(context, name, qualifier));
  },

  DeleteProvisionedConcurrencyConfig(context, input) {
    const { name, qualifier = latest } = readName(input.FunctionName, input.Qualifier);
    functionOf(context, name);
    putSetting(context, { name, qualifier, kind }, undefined);
    provision(context, name);
  },

  ListProvisionedConcurrencyConfigs(context, input) {
    const { name } = readName(input.FunctionName);
    functionOf(context, name);
    const all = settingsOf(context, name).map(([qualifier, setting]): ProvisionedConcurrencyConfigListItem => ({
      FunctionArn: arnOf(context, name, qualifier),
      ...describe(context, { name, qualifier }, setting),
    }));
    const { items, next } = pageOf(all, input, ({ FunctionArn = "" }) => FunctionArn);
    return { ProvisionedConcurrencyConfigs: [...items], ...next };
  },

  PutFunctionConcurrency(context, input) {
    const { name } = readName(input.FunctionName);
    functionOf(context, name);
    const reserved = input.ReservedConcurrentExecutions ?? 0;
    if (!Number.isInteger(reserved) || reserved < 0 || reserved > concurrencyMax)
      throw badValue(
        `Specified ReservedConcurrentExecutions is ${reserved}, and must be from 0 to ${concurrencyMax} here`,
      );
    context.db.run("UPDATE functions SET reserved = ? WHERE name = ?", reserved, name);
    return { ReservedConcurrentExecutions: reserved };
  },

  GetFunctionConcurrency(context, input) {
    const { reserved } = functionOf(context, readName(input.FunctionName).name);
    return reserved === null ? {} : { ReservedConcurrentExecutions: reserved };
  },

  DeleteFunctionConcurrency(context, input) {
    const { name } = functionOf(context, readName(input.FunctionName).name);
    context.db.run("UPDATE functions SET reserved = NULL WHERE name = ?", name);
  },

  GetAccountSettings({ db }) {
    const { count, bytes } = db.get<{ count: number; bytes: number | null }>(
      "SELECT COUNT(*) AS count, SUM(record ->> 'codeBytes') AS bytes FROM function_versions WHERE version = '$LATEST'",
    ) ?? { count: 0, bytes: 0 };
    return {
      AccountLimit: { ConcurrentExecutions: concurrencyMax, UnreservedConcurrentExecutions: concurrencyMax },
      AccountUsage: { FunctionCount: count, TotalCodeSize: bytes ?? 0 },
    };
  },
};

/** Keeps as many processes of each version ready as the settings of its function ask for; an alias divides them by its weights. */
export function provision(context: LambdaContext, name: string): void {
  const wanted = new Map<string, number>();
  for (const [qualifier, { requested }] of settingsOf(context, name))
    for (const [version, share] of sharesOf(context, name, qualifier))
      wanted.set(version, (wanted.get(version) ?? 0) + Math.ceil(requested * share));
  for (const [version, record] of versionsOf(context, name))
    context.executor.provision(name, version, { record, count: wanted.get(version) ?? 0 });
}

function settingsOf({ db }: LambdaContext, name: string): readonly (readonly [qualifier: string, Provisioned])[] {
  return db
    .all<{ qualifier: string; record: string }>(
      "SELECT qualifier, record FROM function_settings WHERE function = ? AND kind = ?",
      name,
      kind,
    )
    .map(({ qualifier, record }) => [qualifier, JSON.parse(record) as Provisioned] as const); // written by PutProvisionedConcurrencyConfig
}

function provisionedOf(context: LambdaContext, name: string, qualifier: string): Provisioned {
  functionOf(context, name);
  const found = findSetting<Provisioned>(context, { name, qualifier, kind });
  if (found === undefined)
    throw new Fault(
      "ProvisionedConcurrencyConfigNotFoundException",
      "No Provisioned Concurrency Config found for this function",
    );
  return found;
}

/** The processes themselves are asked how many of them are ready. */
function describe(
  context: LambdaContext,
  { name, qualifier }: { name: string; qualifier: string },
  { requested, modifiedAt }: Provisioned,
) {
  const states = [...sharesOf(context, name, qualifier)].map(([version, share]) => {
    const record = findVersion(context, name, version);
    const wanted = Math.ceil(requested * share);
    const state =
      record === undefined ? { count: 0, trouble: undefined } : context.executor.ready(name, version, record);
    return { ...state, wanted, count: Math.min(state.count, wanted) };
  });
  const isReady = states.every(({ count, wanted }) => count >= wanted);
  const trouble = isReady ? undefined : states.find((state) => state.trouble !== undefined)?.trouble;
  const ready = isReady
    ? requested
    : Math.min(
        requested,
        states.reduce((sum, { count }) => sum + count, 0),
      );
  return {
    RequestedProvisionedConcurrentExecutions: requested,
    AvailableProvisionedConcurrentExecutions: ready,
    AllocatedProvisionedConcurrentExecutions: ready,
    Status: isReady ? ("READY" as const) : trouble === undefined ? ("IN_PROGRESS" as const) : ("FAILED" as const),
    StatusReason: trouble,
    LastModified: new Date(modifiedAt).toISOString().replace("Z", "+0000"),
  };
}
