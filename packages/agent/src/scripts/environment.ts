import type { Revision } from "../protocol/revision.ts";
import type { Specification } from "../protocol/specification.ts";

/** Keys of the agent itself. Unlike AWS's first agent, scripts do not see them (agent.md §10, 10). */
const ownSecrets = ["AWS_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_CREDENTIALS_FILE"];

/** Variables by which others get their code into every program that a script starts. */
const isLoader = (name: string): boolean => /^(LD_|GLIBC_TUNABLES$|NODE_OPTIONS$|BASH_ENV$|ENV$)/.test(name);

/** What a script needs of its surroundings when it is to have nothing else. */
const isAllowed = (name: string): boolean =>
  /^(PATH|HOME|USER|LOGNAME|SHELL|TERM|TZ|TMPDIR|LANG|LANGUAGE|LC_\w+|AWS_REGION)$/.test(name);

/** What of the agent's environment reaches scripts. */
export interface EnvironmentRules {
  readonly allowlistOnly: boolean;
  readonly stripLoader: boolean;
}

/** The environment of a script: the agent's, and what the deployment is (agent.md §6.2). */
export function scriptEnvironment(
  agent: NodeJS.ProcessEnv,
  specification: Specification,
  { event, installRoot, rules }: { event: string; installRoot?: string | undefined; rules: EnvironmentRules },
): NodeJS.ProcessEnv {
  const inherited = Object.entries(agent).filter(
    ([name]) =>
      !ownSecrets.includes(name) &&
      !name.startsWith("BUNDLE_") &&
      !(rules.stripLoader && isLoader(name)) &&
      (!rules.allowlistOnly || isAllowed(name)),
  );
  return {
    ...Object.fromEntries(inherited),
    LIFECYCLE_EVENT: event,
    DEPLOYMENT_ID: specification.deploymentId,
    APPLICATION_NAME: specification.applicationName,
    DEPLOYMENT_GROUP_NAME: specification.deploymentGroupName,
    DEPLOYMENT_GROUP_ID: specification.deploymentGroupId,
    ...bundleVariables(specification.revision),
    ...(installRoot === undefined ? {} : { SLUICE_INSTALL_ROOT: installRoot }),
  };
}

function bundleVariables(revision: Revision): NodeJS.ProcessEnv {
  switch (revision.type) {
    case "S3":
      return {
        BUNDLE_BUCKET: revision.bucket,
        BUNDLE_KEY: revision.key,
        ...(revision.version === undefined ? {} : { BUNDLE_VERSION: revision.version }),
        ...(revision.eTag === undefined ? {} : { BUNDLE_ETAG: revision.eTag }),
      };
    case "GitHub":
      return { BUNDLE_COMMIT: revision.commitId };
    case "Local File":
    case "Local Directory":
      return {};
  }
}
