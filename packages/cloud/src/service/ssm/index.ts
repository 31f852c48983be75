import { defineService, type Service, serviceModel, accessesFromTable } from "@sluice/aws-protocol";
import type { CloudDatabase } from "../../store/database.ts";
import { Records } from "../../store/records.ts";
import { ssmAccesses } from "./accesses.ts";
import { findParameter, parameterArn, parameterOperations, type SsmContext } from "./parameters.ts";

/** Parameter Store: AWS's public parameters that name images, and the account's own. */
export function ssmService(
  given: { readonly db: CloudDatabase } & Omit<SsmContext, "parameters">,
  onDefect: (error: unknown, requestId: string) => void,
): Service {
  return defineService({
    name: "ssm",
    model: serviceModel("ssm"),
    signingNames: ["ssm"],
    operations: parameterOperations,
    context: { ...given, parameters: new Records(given.db, "parameter") } satisfies SsmContext,
    accesses: accessesFromTable(ssmAccesses(given)),
    onDefect,
  });
}

/** Returns a reader of parameters by name or ARN for services with the permission; it returns undefined when there is none. */
export function parameterReader(
  given: { readonly db: CloudDatabase } & Omit<SsmContext, "parameters">,
): (name: string) => { readonly arn: string; readonly value: string } | undefined {
  const context: SsmContext = { ...given, parameters: new Records(given.db, "parameter") };
  return (name) => {
    const found = findParameter(context, name);
    return found && { arn: parameterArn(context, found.name), value: found.value };
  };
}
