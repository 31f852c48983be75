import type { Specification } from "../protocol/specification.ts";

/** Keys of the agent itself. Unlike AWS's first agent, scripts do not see them (agent.md §10, 10). */
const ownSecrets = ["AWS_ACCESS_KEY", "AWS_SECRET_KEY"];

/** The environment of a script: the agent's, and what the deployment is (agent.md §6.2). */
export function scriptEnvironment(
  agent: NodeJS.ProcessEnv,
  specification: Specification,
  { event, installRoot }: { event: string; installRoot?: string | undefined },
): NodeJS.ProcessEnv {
  const { revision } = specification;
  const inherited = Object.entries(agent).filter(([name]) => !ownSecrets.includes(name) && !name.startsWith("BUNDLE_"));
  return {
    ...Object.fromEntries(inherited),
    LIFECYCLE_EVENT: event,
    DEPLOYMENT_ID: specification.deploymentId,
    APPLICATION_NAME: specification.applicationName,
    DEPLOYMENT_GROUP_NAME: specification.deploymentGroupName,
    DEPLOYMENT_GROUP_ID: specification.deploymentGroupId,
    BUNDLE_BUCKET: revision.bucket,
    BUNDLE_KEY: revision.key,
    ...(revision.version === undefined ? {} : { BUNDLE_VERSION: revision.version }),
    ...(revision.eTag === undefined ? {} : { BUNDLE_ETAG: revision.eTag }),
    ...(installRoot === undefined ? {} : { SLUICE_INSTALL_ROOT: installRoot }),
  };
}
