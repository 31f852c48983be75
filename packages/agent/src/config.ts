import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { type BundleRuleOptions, defaultBundleRules } from "./bundle/bundle-rules.ts";
import { count, isOn, named, plainKeys, seconds, signers, text, url } from "./config-values.ts";
import { checkProxy } from "./daemon/node-version.ts";
import type { TransportOptions } from "./protocol/signed-requests.ts";

/** The agent's configuration file (agent.md §7.4). Folders are absolute paths. */
export interface Configuration {
  readonly programName: string;
  readonly logDir: string;
  readonly pidDir: string;
  readonly rootDir: string;
  readonly verbose: boolean;
  /** Whether requests are logged in a file beside the log. */
  readonly logAwsWire: boolean;
  readonly waitBetweenRunsSeconds: number;
  /** The longest pause after a throttling error. */
  readonly waitAfterThrottleErrorSeconds: number;
  readonly httpReadTimeoutSeconds: number;
  readonly killAgentMaxWaitTimeSeconds: number;
  readonly maxRevisions: number;
  readonly onPremisesConfigFile: string;
  readonly ongoingDeploymentTracking: string;
  readonly enableDeploymentsLog: boolean;
  readonly disableImdsV1: boolean;
  readonly useFipsMode: boolean;
  readonly enableAuthPolicy: boolean;
  readonly deployControlEndpoint?: string | undefined;
  readonly s3EndpointOverride?: string | undefined;
  readonly proxyUri?: string | undefined;
  /** The user that the agent becomes when root has started it. */
  readonly user?: string | undefined;
  readonly group?: string | undefined;
  readonly rejectSymlinksInBundle: boolean;
  readonly rejectPathTraversalInBundle: boolean;
  readonly rejectUnsafePermissionsInBundle: boolean;
  readonly rejectUnconfinedSelinuxInBundle: boolean;
  readonly rejectSymlinkPermissionTargets: boolean;
  readonly ignoreOwnershipInBundle: boolean;
  readonly archiveMaxExtractionSizeBytes: number;
  /** Unlike AWS: files, folders and links that a bundle may have. */
  readonly archiveMaxEntries: number;
  /** Unlike AWS: how many times its own size a bundle may unpack to, when that is more than 64 MiB. Holes of sparse files count. */
  readonly archiveMaxCompressionRatio: number;
  /** Unlike AWS: whether a bundle is refused that has a symbolic link to something outside of it. */
  readonly rejectOutsideSymlinksInBundle: boolean;
  /** Whether a restart may reuse the revision that an earlier deployment has left on this host. */
  readonly enableArchiveReuse: boolean;
  readonly disableCoreDumps: boolean;
  readonly restrictAgentDirPermissions: boolean;
  readonly restrictLogDirPermissions: boolean;
  /** Unlike AWS: whether the agent as root refuses folders of its own that others may change. */
  readonly rejectUnsafeAgentDirs: boolean;
  readonly restrictHookEnvToAllowlist: boolean;
  readonly stripLoaderEnvInHooks: boolean;
  /** Unlike AWS: whether control characters of scripts reach the logs. */
  readonly stripEscapeCodesInLogs: boolean;
  /** Unlike AWS: whether a control plane of one's own gets what scripts print, while they run. */
  readonly sendScriptOutput: boolean;
  /** Unlike AWS: where GitHub's API is, for an installation of one's own. */
  readonly gitHubEndpoint: string;
  /** Unlike AWS: a file with certificates in PEM that are trusted beside the usual ones, such as of a control plane with an authority of its own. */
  readonly caBundle?: string | undefined;
  /** Unlike AWS: a folder put in front of every destination, for hosts that share one file system. */
  readonly installRoot?: string | undefined;
  /** Unlike AWS: the SHA-256, in hex, of the public keys of which one must have signed specifications, and bound them to this host. */
  readonly trustedSigners?: readonly string[] | undefined;
  /** Unlike AWS: a file with certificates in PEM, one of which must vouch for whoever signed them. */
  readonly trustStore?: string | undefined;
  /** Unlike AWS: whether an idle agent releases the resident pages of its own program, which are read from its file again. */
  readonly releaseIdleMemory: boolean;
}

/** The default paths of the configuration file. */
export const configurationFiles = [
  "/etc/codedeploy-agent/conf/codedeployagent.yml",
  "/opt/codedeploy-agent/conf/codedeployagent.yml",
] as const;

const readers = {
  program_name: (value) => ({ programName: text(value) ?? "codedeploy-agent" }),
  log_dir: (value) => ({ logDir: text(value) ?? "/var/log/aws/codedeploy-agent/" }),
  pid_dir: (value) => ({ pidDir: text(value) ?? "/opt/codedeploy-agent/state/.pid/" }),
  root_dir: (value) => ({ rootDir: join(text(value) ?? "/opt/codedeploy-agent/deployment-root", ".") }),
  verbose: (value) => ({ verbose: isOn(value, false) }),
  log_aws_wire: (value) => ({ logAwsWire: isOn(value, false) }),
  wait_between_runs: (value) => ({ waitBetweenRunsSeconds: seconds(value, "wait_between_runs", { least: 0 }) ?? 30 }),
  wait_after_throttle_error: (value) => ({
    waitAfterThrottleErrorSeconds: seconds(value, "wait_after_throttle_error", { least: 1 }) ?? 60,
  }),
  http_read_timeout: (value) => ({ httpReadTimeoutSeconds: seconds(value, "http_read_timeout", { least: 1 }) ?? 80 }),
  kill_agent_max_wait_time_seconds: (value) => ({
    killAgentMaxWaitTimeSeconds: Math.min(
      seconds(value, "kill_agent_max_wait_time_seconds", { least: 0 }) ?? 7200,
      daySeconds,
    ),
  }),
  max_revisions: (value) => ({ maxRevisions: count(value, "max_revisions", { least: 1 }) ?? 5 }),
  on_premises_config_file: (value) => ({
    onPremisesConfigFile: text(value) ?? "/etc/codedeploy-agent/conf/codedeploy.onpremises.yml",
  }),
  ongoing_deployment_tracking: (value) => ({ ongoingDeploymentTracking: text(value) ?? "ongoing-deployment" }),
  enable_deployments_log: (value) => ({ enableDeploymentsLog: isOn(value, true) }),
  disable_imds_v1: (value) => ({ disableImdsV1: isOn(value, false) }),
  use_fips_mode: (value) => ({ useFipsMode: isOn(value, false) }),
  enable_auth_policy: (value) => ({ enableAuthPolicy: isOn(value, false) }),
  deploy_control_endpoint: (value) => optional("deployControlEndpoint", url(value, "deploy_control_endpoint")),
  s3_endpoint_override: (value) => optional("s3EndpointOverride", url(value, "s3_endpoint_override")),
  proxy_uri: (value) => optional("proxyUri", url(value, "proxy_uri")),
  children: (value) => {
    if ((count(value, "children", { least: 0 }) ?? 1) !== 1) throw new Error("children can only be set to 1");
    return {};
  },
  user: (value) => optional("user", value),
  group: (value) => optional("group", value),
  reject_symlinks_in_bundle: (value) => ({ rejectSymlinksInBundle: isOn(value, defaultBundleRules.rejectSymlinks) }),
  reject_path_traversal_in_bundle: (value) => ({ rejectPathTraversalInBundle: isOn(value, true) }),
  reject_unsafe_permissions_in_bundle: (value) => ({ rejectUnsafePermissionsInBundle: isOn(value, true) }),
  reject_unconfined_selinux_in_bundle: (value) => ({ rejectUnconfinedSelinuxInBundle: isOn(value, true) }),
  reject_symlink_permission_targets: (value) => ({ rejectSymlinkPermissionTargets: isOn(value, true) }),
  ignore_ownership_in_bundle: (value) => ({ ignoreOwnershipInBundle: isOn(value, false) }),
  archive_max_extraction_size: (value) => ({
    archiveMaxExtractionSizeBytes:
      count(value, "archive_max_extraction_size", { least: 1 }) ?? defaultBundleRules.bytesMax,
  }),
  archive_max_entries: (value) => ({
    archiveMaxEntries: count(value, "archive_max_entries", { least: 1 }) ?? defaultBundleRules.entriesMax,
  }),
  archive_max_compression_ratio: (value) => ({
    archiveMaxCompressionRatio:
      count(value, "archive_max_compression_ratio", { least: 1 }) ?? defaultBundleRules.ratioMax,
  }),
  reject_outside_symlinks_in_bundle: (value) => ({
    rejectOutsideSymlinksInBundle: isOn(value, defaultBundleRules.rejectOutsideSymlinks),
  }),
  enable_archive_reuse: (value) => ({ enableArchiveReuse: isOn(value, true) }),
  disable_core_dumps: (value) => ({ disableCoreDumps: isOn(value, true) }),
  restrict_agent_dir_permissions: (value) => ({ restrictAgentDirPermissions: isOn(value, false) }),
  restrict_log_dir_permissions: (value) => ({ restrictLogDirPermissions: isOn(value, false) }),
  reject_unsafe_agent_dirs: (value) => ({ rejectUnsafeAgentDirs: isOn(value, true) }),
  restrict_hook_env_to_allowlist: (value) => ({ restrictHookEnvToAllowlist: isOn(value, false) }),
  strip_loader_env_in_hooks: (value) => ({ stripLoaderEnvInHooks: isOn(value, true) }),
  strip_escape_codes_in_logs: (value) => ({ stripEscapeCodesInLogs: isOn(value, true) }),
  send_script_output: (value) => ({ sendScriptOutput: isOn(value, true) }),
  github_endpoint: (value) => ({ gitHubEndpoint: url(value, "github_endpoint") ?? "https://api.github.com" }),
  ca_bundle: (value) => optional("caBundle", value),
  install_root: (value) => optional("installRoot", value),
  trusted_signer: (value) => ({ trustedSigners: signers(value) }),
  trust_store: (value) => optional("trustStore", named(value, "trust_store", "the path of a file with certificates")),
  release_idle_memory: (value) => ({ releaseIdleMemory: isOn(value, false) }),
} as const satisfies Record<string, (value: unknown) => Partial<Configuration>>;

/** Keys of the official agents that have no effect here. */
const retired = [
  "wait_after_error",
  "wait_after_connection_problem",
  "wait_between_spawning_children",
  "max_runs_per_worker",
  "codedeploy_test_profile",
  "use_mock_command_service",
  "plugins",
  "shared_dir",
  "instance_service_region",
  "instance_service_endpoint",
  "instance_service_port",
  "disable_powershell_profile_in_hooks",
  "enable_command_port",
];

/** A configuration, and the keys of its file that have no effect: retired ones, and unknown ones. */
export interface ConfigurationFile {
  readonly configuration: Configuration;
  readonly retired: readonly string[];
  readonly unread: readonly string[];
}

/** Reads the configuration file. Throws one sentence that names the file. */
export function readConfiguration(file: string): ConfigurationFile {
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
    const others = [...values.keys()].filter((key) => !Object.hasOwn(readers, key));
    return {
      configuration,
      retired: others.filter((key) => retired.includes(key)),
      unread: others.filter((key) => !retired.includes(key)),
    };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`An error occurred loading the CodeDeploy agent config file at ${file}. Error message: ${why}`, {
      cause,
    });
  }
}

function optional<Name extends keyof Configuration>(name: Name, value: unknown): Partial<Configuration> {
  const found = text(value);
  return found === undefined ? {} : { [name]: found };
}

/** The longest wait at a stop: nothing that an agent runs takes longer. */
const daySeconds = 86_400;

/** Returns how requests reach their services, from the configuration and the environment. */
export function transportOptions(
  { proxyUri, httpReadTimeoutSeconds: readTimeoutSeconds, caBundle, logAwsWire, logDir, programName }: Configuration,
  { SSL_CERT_FILE, AWS_CA_BUNDLE }: NodeJS.ProcessEnv,
): TransportOptions {
  checkProxy(proxyUri, process.versions.node);
  const wireLog = logAwsWire ? join(logDir, `${programName}.aws_wire.log`) : undefined;
  return { proxyUri, readTimeoutSeconds, caBundle, wireLog, certificateFile: SSL_CERT_FILE ?? AWS_CA_BUNDLE };
}

/** Returns what a bundle may contain, from the configuration. */
export function bundleRules(configuration: Configuration): BundleRuleOptions {
  return {
    rejectOutsideSymlinks: configuration.rejectOutsideSymlinksInBundle,
    rejectSymlinks: configuration.rejectSymlinksInBundle,
    rejectUnsafePermissions: configuration.rejectUnsafePermissionsInBundle,
    keepOwners: !configuration.ignoreOwnershipInBundle,
    bytesMax: configuration.archiveMaxExtractionSizeBytes,
    entriesMax: configuration.archiveMaxEntries,
    ratioMax: configuration.archiveMaxCompressionRatio,
  };
}
