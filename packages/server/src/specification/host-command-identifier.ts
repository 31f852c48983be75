/** The part of a deployment in the host agents' protocol, in AWS's form (agent.md §1.2). */
export const deploymentExecutionId = (deploymentId: string, region: string, accountId: string): string =>
  `CodeDeploy/${region}/Prod/arn:aws:sds:${region}:${accountId}:deployment/${deploymentId}`;

/** The id of a deployment inside such a part; undefined for anything else. */
export const deploymentIdIn = (executionId: string): string | undefined =>
  /^[^/]+\/[^/]+\/[^/]+\/.*:deployment\/(d-[A-Z0-9]{9})$/.exec(executionId)?.[1];

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
  return Buffer.from(JSON.stringify(["com.amazon.apollo.deploycontrol.domain.HostCommandIdentifier", fields])).toString(
    "base64",
  );
}
