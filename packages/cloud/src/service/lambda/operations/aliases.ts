import { randomUUID } from "node:crypto";
import type { AliasConfiguration, AliasRoutingConfiguration } from "@aws-sdk/client-lambda";
import { Fault } from "@sluice/aws-protocol";
import type { LambdaContext, LambdaOperations } from "../context.ts";
import {
  type AliasRecord,
  aliasesOf,
  aliasOf,
  findAlias,
  functionOf,
  putAlias,
  versionOf,
} from "../store/function-rows.ts";
import { arnOf, badValue, invalid, isVersion, latest, readName } from "../names.ts";
import { pageOf } from "./pagination.ts";
import { provision } from "./provisioned-concurrency.ts";
import { staleRevision } from "./stale-revision.ts";

/** What an alias may be named: never a mere number, which is a version. */
const aliasName = /^(?!^[0-9]+$)([a-zA-Z0-9-_]{1,128})$/;

/** Operations on aliases. */
export const aliasOperations: LambdaOperations = {
  CreateAlias(context, input) {
    const { name } = readName(input.FunctionName);
    functionOf(context, name);
    const alias = input.Name ?? "";
    if (!aliasName.test(alias)) throw invalid("name", alias, aliasName);
    if (findAlias(context, name, alias) !== undefined)
      throw new Fault("ResourceConflictException", `Alias already exists: ${arnOf(context, name, alias)}`);
    const record: AliasRecord = {
      version: input.FunctionVersion ?? "",
      description: input.Description ?? "",
      weights: input.RoutingConfig?.AdditionalVersionWeights ?? {},
      revisionId: randomUUID(),
    };
    checkVersions(context, name, record);
    putAlias(context, name, alias, record);
    return describeAlias(context, { name, alias }, record);
  },

  GetAlias(context, input) {
    const { name } = readName(input.FunctionName);
    const alias = input.Name ?? "";
    return describeAlias(context, { name, alias }, aliasOf(context, name, alias));
  },

  UpdateAlias(context, input) {
    const { name } = readName(input.FunctionName);
    const alias = input.Name ?? "";
    const before = aliasOf(context, name, alias);
    // Reading and writing happen in one turn of the event loop, so nothing comes between them.
    if (input.RevisionId !== undefined && input.RevisionId !== before.revisionId) throw staleRevision();
    const record: AliasRecord = {
      version: input.FunctionVersion ?? before.version,
      description: input.Description ?? before.description,
      weights: weightsAfter(before, input.RoutingConfig),
      revisionId: randomUUID(),
    };
    checkVersions(context, name, record);
    putAlias(context, name, alias, record);
    provision(context, name);
    return describeAlias(context, { name, alias }, record);
  },

  DeleteAlias(context, input) {
    const { name } = readName(input.FunctionName);
    const alias = input.Name ?? "";
    functionOf(context, name);
    context.db.transaction(() => {
      for (const table of ["function_settings", "function_urls"])
        context.db.run(`DELETE FROM ${table} WHERE function = ? AND qualifier = ?`, name, alias);
      context.db.run("DELETE FROM function_aliases WHERE function = ? AND name = ?", name, alias);
    });
    provision(context, name);
  },

  ListAliases(context, input) {
    const { name } = readName(input.FunctionName);
    functionOf(context, name);
    const wanted = input.FunctionVersion;
    const all = aliasesOf(context, name).filter(
      ([, { version, weights }]) => wanted === undefined || version === wanted || wanted in weights,
    );
    const { items, next } = pageOf(all, input, ([alias]) => alias);
    return { Aliases: items.map(([alias, record]) => describeAlias(context, { name, alias }, record)), ...next };
  },
};

/** A routing configuration replaces the weights, even when it names none. */
function weightsAfter(
  { weights }: AliasRecord,
  routing: AliasRoutingConfiguration | undefined,
): AliasRecord["weights"] {
  return routing === undefined ? weights : (routing.AdditionalVersionWeights ?? {});
}

function checkVersions(context: LambdaContext, name: string, { version, weights }: AliasRecord): void {
  if (!isVersion(version)) throw invalid("functionVersion", version, /^(\$LATEST|[0-9]+)$/);
  versionOf(context, name, version);
  const others = Object.entries(weights);
  if (others.length > 1)
    throw badValue(`Number of items in AdditionalVersionWeights cannot be greater than 1; ${others.length} were given`);
  for (const [other, weight] of others) {
    if (version === latest || other === latest)
      throw badValue("$LATEST is not supported for an alias pointing to more than 1 version");
    if (!isVersion(other)) throw invalid("routingConfig.additionalVersionWeights", other, /^[0-9]+$/);
    if (other === version)
      throw badValue(
        `Invalid function version ${other}. Function version ${other} is already included in routing configuration.`,
      );
    if (!(weight >= 0 && weight <= 1))
      throw badValue(`The weight of version ${other} is ${weight}, and must be from 0 to 1`);
    versionOf(context, name, other);
  }
}

function describeAlias(
  context: LambdaContext,
  { name, alias }: { name: string; alias: string },
  { version, description, weights, revisionId }: AliasRecord,
): AliasConfiguration {
  return {
    AliasArn: arnOf(context, name, alias),
    Name: alias,
    FunctionVersion: version,
    Description: description,
    RoutingConfig: Object.keys(weights).length === 0 ? undefined : { AdditionalVersionWeights: { ...weights } },
    RevisionId: revisionId,
  };
}
