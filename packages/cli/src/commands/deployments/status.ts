import { printable } from "@sluice/aws-protocol/printable";
import type { Endpoint } from "../../endpoint.ts";
import { callSluice } from "../../sluice-call.ts";
import { asJson } from "./as-json.ts";

/** Which groups are shown. */
export interface StatusRequest {
  readonly application?: string | undefined;
  readonly group?: string | undefined;
  readonly json?: boolean | undefined;
}

/** A group as the operation returns it. */
interface GroupStatus {
  readonly application: string;
  readonly group: string;
  readonly revision?: string | undefined;
  readonly hosts: readonly { readonly revision: string; readonly count: number }[];
  readonly outdated: number;
  readonly last?:
    | { readonly deploymentId: string; readonly status: string; readonly revision: string; readonly creator: string }
    | undefined;
}

/** Prints which revision runs where. */
export async function status(
  endpoint: Endpoint,
  { application, group, json }: StatusRequest,
  print: (line: string) => void,
): Promise<void> {
  const input = { applicationName: application, deploymentGroupName: group };
  const { groups } = (await callSluice(endpoint, "ListRunningRevisions", input)) as { groups: readonly GroupStatus[] };
  if (json === true) print(asJson(groups));
  else if (groups.length === 0) print("There is no deployment group yet");
  else for (const one of groups) for (const line of linesOf(one)) print(printable(line));
}

function linesOf({ application, group, revision, hosts, outdated, last }: GroupStatus): readonly string[] {
  const late = outdated === 0 ? "" : `, ${outdated} outdated`;
  return [
    `${application} / ${group}: ${revision ?? "no revision yet"}${late}`,
    ...hosts.map(({ revision: words, count }) => `  ${count} ${count === 1 ? "host" : "hosts"}: ${words}`),
    ...(last === undefined
      ? []
      : [`  last: ${last.deploymentId} ${last.status}, ${last.revision}, by ${last.creator}`]),
  ];
}
