import type { Endpoint } from "../../endpoint.ts";
import { callSluice } from "../../sluice-call.ts";
import { asJson } from "./as-json.ts";

/** How to try a deployment again. */
export interface RetryFlags {
  readonly ignoreApplicationStopFailures?: boolean | undefined;
  readonly fileExistsBehavior?: string | undefined;
  readonly description?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Deploys the revision of a deployment again to the hosts that do not have it. Returns the id of the new deployment. */
export async function retry(
  endpoint: Endpoint,
  deploymentId: string,
  { json, ...flags }: RetryFlags,
  print: (line: string) => void,
): Promise<string> {
  const made = (await callSluice(endpoint, "RetryDeployment", { deploymentId, ...flags })) as Created;
  return told(made, json, print, `tries ${deploymentId} again`);
}

/** Where to go back to. */
export interface RollBackFlags {
  readonly application: string;
  readonly to?: string | undefined;
  readonly description?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Deploys an earlier revision to a group. Returns the id of the deployment. */
export async function rollBack(
  endpoint: Endpoint,
  group: string,
  { application, to, description, json }: RollBackFlags,
  print: (line: string) => void,
): Promise<string> {
  const input = { applicationName: application, deploymentGroupName: group, revision: to, description };
  const made = (await callSluice(endpoint, "RollBackDeploymentGroup", input)) as Created;
  return told(made, json, print, `rolls ${application} / ${group} back`);
}

interface Created {
  readonly deploymentId: string;
}

function told(made: Created, json: boolean | undefined, print: (line: string) => void, does: string): string {
  print(json === true ? asJson(made) : `${made.deploymentId} ${does}`);
  return made.deploymentId;
}
