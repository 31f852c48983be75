/** The part of a deployment in the host agents' protocol, in AWS's form (agent.md §1.2). */
export const deploymentExecutionId = (deploymentId: string, region: string, accountId: string): string =>
  `CodeDeploy/${region}/Prod/arn:aws:sds:${region}:${accountId}:deployment/${deploymentId}`;

/** The id of a deployment inside such a part; undefined for anything else. */
export const deploymentIdIn = (executionId: string): string | undefined =>
  /^[^/]+\/[^/]+\/[^/]+\/.*:deployment\/(d-[A-Z0-9]{9})$/.exec(executionId)?.[1];

const kind = "com.amazon.apollo.deploycontrol.domain.HostCommandIdentifier";

/** What a host knows a command by: opaque to it, AWS's form all the same. */
export function hostCommandIdentifier(command: {
  deploymentId: string;
  host: string;
  event: string;
  region: string;
  accountId: string;
}): string {
  const { deploymentId, host, event, region, accountId } = command;
  const fields = {
    deploymentId: deploymentExecutionId(deploymentId, region, accountId),
    hostId: host,
    commandName: event,
    commandPosition: 1,
    commandAttempt: 1,
  };
  return Buffer.from(JSON.stringify([kind, fields])).toString("base64");
}

/** The command that an identifier names; undefined for anything else. */
export function commandNamedBy(
  identifier: string,
): { readonly deploymentId: string; readonly host: string; readonly event: string } | undefined {
  try {
    const [found, fields]: readonly unknown[] = JSON.parse(Buffer.from(identifier, "base64").toString("utf8"));
    const { deploymentId: execution, hostId: host, commandName: event } = fields as Readonly<Record<string, unknown>>; // each is checked
    if (found !== kind || typeof execution !== "string" || typeof host !== "string" || typeof event !== "string")
      return undefined;
    const deploymentId = deploymentIdIn(execution);
    return deploymentId === undefined ? undefined : { deploymentId, host, event };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined; // no JSON, or not a list of two
    throw error;
  }
}
