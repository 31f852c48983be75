import { printable } from "@sluice/aws-protocol/printable";
import type { Endpoint } from "../../endpoint.ts";
import { exitCodes } from "../../exit-codes.ts";
import { callSluice } from "../../sluice-call.ts";
import { asJson } from "./as-json.ts";
import { type RevisionFlags, revisionOf } from "./revision-flags.ts";

/** What is planned, and with which trouble. */
export interface PlanRequest extends RevisionFlags {
  readonly application: string;
  readonly group: string;
  readonly deploymentConfigName?: string | undefined;
  readonly outdatedOnly?: boolean | undefined;
  /** Numbers of hosts, and ids of hosts. */
  readonly fail?: readonly string[] | undefined;
  readonly zoneDown?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Prints what a deployment would do. Returns the exit code: 0 only if it would succeed. */
export async function plan(endpoint: Endpoint, request: PlanRequest, print: (line: string) => void): Promise<number> {
  const { application, group, deploymentConfigName, outdatedOnly, fail = [], zoneDown, json } = request;
  const numbers = fail.filter((word) => /^\d+$/.test(word));
  const answer = (await callSluice(endpoint, "PlanDeployment", {
    deployment: {
      applicationName: application,
      deploymentGroupName: group,
      deploymentConfigName,
      revision: revisionOf(request),
      updateOutdatedInstancesOnly: outdatedOnly,
    },
    failFirst: numbers.length === 0 ? undefined : Math.max(...numbers.map(Number)),
    fail: fail.filter((word) => !numbers.includes(word)),
    zoneDown,
  })) as Planned;
  if (json === true) print(asJson(answer.plan));
  else for (const line of answer.plan.text) print(printable(line));
  return answer.plan.outcome === "Succeeded" ? exitCodes.ok : exitCodes.deploymentFailed;
}

/** The operation's output, as far as it is looked at. */
interface Planned {
  readonly plan: { readonly outcome?: string; readonly text: readonly string[] };
}
