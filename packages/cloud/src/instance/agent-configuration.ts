/** Returns the agent's configuration file on an instance. `root` goes in front of the agent's own folders; `installRoot`, where given, in front of what it installs. */
export function agentConfiguration({
  endpoint,
  root,
  installRoot,
  signerSha256,
}: {
  endpoint: string;
  /** The SHA-256, in hex, of the public key whose specifications the agent carries out; absent: any. */
  signerSha256?: string | undefined;
  root: string;
  installRoot?: string | undefined;
}): string {
  return `---
:log_aws_wire: false
:log_dir: '${root}/var/log/aws/codedeploy-agent/'
:pid_dir: '${root}/opt/codedeploy-agent/state/.pid/'
:program_name: codedeploy-agent
:root_dir: '${root}/opt/codedeploy-agent/deployment-root'
:on_premises_config_file: '${root}/etc/codedeploy-agent/conf/codedeploy.onpremises.yml'
:verbose: false
:wait_between_runs: 1
:max_revisions: 5
:deploy_control_endpoint: '${endpoint}'
:s3_endpoint_override: '${endpoint}'
${installRoot === undefined ? "" : `:install_root: '${installRoot}'\n:reject_unsafe_agent_dirs: false\n`}${signerSha256 === undefined ? "" : `:trusted_signer: '${signerSha256}'\n`}`;
}
