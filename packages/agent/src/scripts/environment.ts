import type { Revision } from "../protocol/revision.ts";
import type { Specification } from "../protocol/specification.ts";

/** The agent's own credentials. Unlike AWS's first agent, scripts do not get the agent's credentials (agent.md §10, 10). */
const ownSecrets = ["AWS_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_CREDENTIALS_FILE"];

/** Whether a variable can load code into every program that a script starts. */
const isLoader = (name: string): boolean => /^(LD_|GLIBC_TUNABLES$|NODE_OPTIONS$|BASH_ENV$|ENV$)/.test(name);

/** Whether a script needs a variable even if it gets no others of the agent. */
const isAllowed = (name: string): boolean =>
  /^(PATH|HOME|USER|LOGNAME|SHELL|TERM|TZ|TMPDIR|LANG|LANGUAGE|LC_\w+|AWS_REGION)$/.test(name);

/** Which of the agent's environment variables scripts get. */
export interface EnvironmentRules {
  readonly allowlistOnly: boolean;
  readonly stripLoader: boolean;
}

/** Returns the environment of a script: the agent's, and the variables of the deployment (agent.md §6.2). */
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
  const added = {
    LIFECYCLE_EVENT: event,
    DEPLOYMENT_ID: specification.deploymentId,
    APPLICATION_NAME: specification.applicationName,
    DEPLOYMENT_GROUP_NAME: specification.deploymentGroupName,
    DEPLOYMENT_GROUP_ID: specification.deploymentGroupId,
    ...bundleVariables(specification.revision),
    SLUICE_INSTALL_ROOT: installRoot,
  };
  return Object.fromEntries([...inherited, ...Object.entries(added).filter(([, value]) => value !== undefined)]);
}

function bundleVariables(revision: Revision): NodeJS.ProcessEnv {
  switch (revision.type) {
    case "S3":
      return {
        BUNDLE_BUCKET: revision.bucket,
        BUNDLE_KEY: revision.key,
        BUNDLE_VERSION: revision.version,
        BUNDLE_ETAG: revision.eTag,
      };
    case "GitHub":
      return { BUNDLE_COMMIT: revision.commitId };
    case "Local File":
    case "Local Directory":
      return {};
  }
}
