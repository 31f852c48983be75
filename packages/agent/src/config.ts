import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** What one agent is told by its configuration file (agent.md §7.4). Folders are absolute paths. */
export interface Configuration {
  readonly programName: string;
  readonly logDir: string;
  readonly pidDir: string;
  readonly rootDir: string;
  readonly verbose: boolean;
  readonly waitBetweenRunsSeconds: number;
  readonly httpReadTimeoutSeconds: number;
  readonly killAgentMaxWaitTimeSeconds: number;
  readonly maxRevisions: number;
  readonly onPremisesConfigFile: string;
  readonly ongoingDeploymentTracking: string;
  readonly enableDeploymentsLog: boolean;
  readonly disableImdsV1: boolean;
  readonly useFipsMode: boolean;
  readonly enableAuthPolicy: boolean;
  readonly deployControlEndpoint?: string;
  readonly s3EndpointOverride?: string;
  readonly proxyUri?: string;
  /** Unlike AWS: a folder put in front of every destination, for hosts that share one file system. */
  readonly installRoot?: string;
  /** Unlike AWS: the SHA-256, in hex, of the public key that must have signed specifications. */
  readonly trustedSigner?: string;
}

/** Where the configuration file is looked for when none is named. */
export const configurationFiles = [
  "/etc/codedeploy-agent/conf/codedeployagent.yml",
  "/opt/codedeploy-agent/conf/codedeployagent.yml",
] as const;

const readers = {
  program_name: (value) => ({ programName: text(value) ?? "codedeploy-agent" }),
  log_dir: (value) => ({ logDir: text(value) ?? "/var/log/aws/codedeploy-agent/" }),
  pid_dir: (value) => ({ pidDir: text(value) ?? "/opt/codedeploy-agent/state/.pid/" }),
  root_dir: (value) => ({ rootDir: join(text(value) ?? "/opt/codedeploy-agent/deployment-root", ".") }),
  verbose: (value) => ({ verbose: value === true }),
  wait_between_runs: (value) => ({ waitBetweenRunsSeconds: count(value, "wait_between_runs", { least: 0 }) ?? 30 }),
  http_read_timeout: (value) => ({ httpReadTimeoutSeconds: count(value, "http_read_timeout", { least: 1 }) ?? 80 }),
  kill_agent_max_wait_time_seconds: (value) => ({
    killAgentMaxWaitTimeSeconds: count(value, "kill_agent_max_wait_time_seconds", { least: 0 }) ?? 7200,
  }),
  max_revisions: (value) => ({ maxRevisions: count(value, "max_revisions", { least: 1 }) ?? 5 }),
  on_premises_config_file: (value) => ({
    onPremisesConfigFile: text(value) ?? "/etc/codedeploy-agent/conf/codedeploy.onpremises.yml",
  }),
  ongoing_deployment_tracking: (value) => ({ ongoingDeploymentTracking: text(value) ?? "ongoing-deployment" }),
  enable_deployments_log: (value) => ({ enableDeploymentsLog: value !== false }),
  disable_imds_v1: (value) => ({ disableImdsV1: value === true }),
  use_fips_mode: (value) => ({ useFipsMode: value === true }),
  enable_auth_policy: (value) => ({ enableAuthPolicy: value === true }),
  deploy_control_endpoint: (value) => optional("deployControlEndpoint", value),
  s3_endpoint_override: (value) => optional("s3EndpointOverride", value),
  proxy_uri: (value) => optional("proxyUri", value),
  install_root: (value) => optional("installRoot", value),
  trusted_signer: (value) => optional("trustedSigner", value),
} as const satisfies Record<string, (value: unknown) => Partial<Configuration>>;

/** Keys of the official agent that change nothing here. */
const retired = [
  "log_aws_wire",
  "wait_after_error",
  "wait_after_throttle_error",
  "wait_after_connection_problem",
  "wait_between_spawning_children",
  "max_runs_per_worker",
  "children",
  "user",
  "group",
  "codedeploy_test_profile",
  "use_mock_command_service",
  "plugins",
  "shared_dir",
  "instance_service_region",
  "instance_service_endpoint",
  "instance_service_port",
];

/** Reads the configuration file. Throws one sentence that names the file. `unread` are keys that nothing here reads. */
export function readConfiguration(file: string): {
  readonly configuration: Configuration;
  readonly unread: readonly string[];
} {
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(`The config file ${file} does not exist or is not readable`, { cause });
  }
  try {
    const values = plainKeys(parse(content, { uniqueKeys: false }));
    const parts = Object.entries(readers).map(([key, read]) => read(values.get(key)));
    const configuration = Object.assign({}, ...parts) as Configuration; // each reader gives its own member, required ones always
    const unread = [...values.keys()].filter((key) => !Object.hasOwn(readers, key) && !retired.includes(key));
    return { configuration, unread };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`An error occurred loading the CodeDeploy agent config file at ${file}. Error message: ${why}`, {
      cause,
    });
  }
}

/** Keys are written `key:` or, as Ruby symbols, `:key:`. */
export function plainKeys(document: unknown): Map<string, unknown> {
  if (document === null || document === undefined) return new Map();
  if (typeof document !== "object" || Array.isArray(document))
    throw new Error(`a mapping of keys to values was expected, and ${JSON.stringify(document)} was found`);
  return new Map(Object.entries(document).map(([key, value]) => [key.replace(/^:/, ""), value]));
}

function text(value: unknown): string | undefined {
  return value === null || value === undefined || value === ""
    ? undefined
    : typeof value === "string"
      ? value
      : JSON.stringify(value);
}

function optional<Name extends keyof Configuration>(name: Name, value: unknown): Partial<Configuration> {
  const found = text(value);
  return found === undefined ? {} : { [name]: found };
}

function count(value: unknown, key: string, { least }: { least: number }): number | undefined {
  if (value === null || value === undefined || value === "") return undefined;
  const number = Number(value);
  if (!Number.isInteger(number) || number < least)
    throw new Error(
      `Invalid configuration :${key}=${JSON.stringify(value)}: a whole number of ${least} or more was expected`,
    );
  return number;
}
