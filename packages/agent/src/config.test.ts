import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { defaultBundleRules } from "./bundle/bundle-rules.ts";
import { bundleRules, readConfiguration } from "./config.ts";
import { waitSecondsMax } from "./deadline.ts";

function read(t: TestContext, text: string) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-config-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "c.yml"), text);
  return readConfiguration(join(folder, "c.yml"));
}

/** What the official package installs. */
const shipped = `---
:log_aws_wire: false
:log_dir: '/var/log/aws/codedeploy-agent/'
:pid_dir: '/opt/codedeploy-agent/state/.pid/'
:program_name: codedeploy-agent
:root_dir: '/opt/codedeploy-agent/deployment-root'
:verbose: false
:wait_between_runs: 1
:proxy_uri:
:max_revisions: 5
`;

test("the official agent's own file is read, in both styles of keys", (t) => {
  const { configuration, retired, unread } = read(t, shipped);

  assert.equal(configuration.waitBetweenRunsSeconds, 1);
  assert.equal(configuration.rootDir, "/opt/codedeploy-agent/deployment-root");
  assert.equal(configuration.proxyUri, undefined);
  assert.deepEqual([retired, unread], [[], []]);
  assert.deepEqual(read(t, shipped.replaceAll(/^:(\w)/gm, "$1")).configuration, configuration);
});

test("an empty file means the defaults, and the hardening of the newer official agent is on", (t) => {
  const { configuration } = read(t, "");

  const {
    waitBetweenRunsSeconds,
    httpReadTimeoutSeconds,
    killAgentMaxWaitTimeSeconds,
    maxRevisions,
    enableDeploymentsLog,
  } = configuration;
  assert.deepEqual(
    [waitBetweenRunsSeconds, httpReadTimeoutSeconds, killAgentMaxWaitTimeSeconds, maxRevisions, enableDeploymentsLog],
    [30, 80, 7200, 5, true],
  );
  const {
    rejectPathTraversalInBundle,
    rejectUnsafePermissionsInBundle,
    rejectSymlinkPermissionTargets,
    stripLoaderEnvInHooks,
    stripEscapeCodesInLogs,
  } = configuration;
  assert.deepEqual(
    [
      rejectPathTraversalInBundle,
      rejectUnsafePermissionsInBundle,
      rejectSymlinkPermissionTargets,
      stripLoaderEnvInHooks,
      stripEscapeCodesInLogs,
    ],
    [true, true, true, true, true],
  );
});

test("switches can be turned off, and the last of two equal keys counts", (t) => {
  const { configuration } = read(
    t,
    "reject_path_traversal_in_bundle: false\nverbose: yes\nmax_revisions: 3\nmax_revisions: 4\n",
  );

  assert.deepEqual(
    [configuration.rejectPathTraversalInBundle, configuration.verbose, configuration.maxRevisions],
    [false, true, 4],
  );
});

test("the limits of bundles can be set, and links that lead out of one be refused", (t) => {
  const rulesOf = (text: string) => bundleRules(read(t, text).configuration);

  assert.deepEqual(rulesOf(""), defaultBundleRules);
  const { entriesMax, ratioMax, rejectOutsideSymlinks } = rulesOf(
    ":archive_max_entries: 5\n:archive_max_compression_ratio: 7\n:reject_outside_symlinks_in_bundle: true\n",
  );
  assert.deepEqual([entriesMax, ratioMax, rejectOutsideSymlinks], [5, 7, true]);
  assert.throws(
    () => rulesOf("archive_max_entries: many\n"),
    /:archive_max_entries="many": a whole number of 1 or more/,
  );
});

test("times to wait end where timers do, and a stop after a day", (t) => {
  const names = [
    "wait_between_runs",
    "wait_after_throttle_error",
    "http_read_timeout",
    "kill_agent_max_wait_time_seconds",
  ];
  const { configuration } = read(t, names.map((name) => `${name}: 3600000\n`).join(""));

  const { waitBetweenRunsSeconds, waitAfterThrottleErrorSeconds, httpReadTimeoutSeconds, killAgentMaxWaitTimeSeconds } =
    configuration;
  for (const seconds of [waitBetweenRunsSeconds, waitAfterThrottleErrorSeconds, httpReadTimeoutSeconds])
    assert.equal(seconds, waitSecondsMax);
  assert.equal(killAgentMaxWaitTimeSeconds, 86_400);
});

test("keys that change nothing are told apart: retired ones and unknown ones", (t) => {
  const { retired, unread } = read(t, ":wait_after_error: 30\n:codedeploy_test_profile: beta\n:max_revision: 5\n");

  assert.deepEqual([retired, unread], [["wait_after_error", "codedeploy_test_profile"], ["max_revision"]]);
});

test("where something is on the network must be a URL of HTTP, and what was found is not repeated", (t) => {
  for (const key of ["deploy_control_endpoint", "s3_endpoint_override", "github_endpoint", "proxy_uri"]) {
    assert.throws(
      () => read(t, `${key}: ftp://user:secret@example.com`),
      new RegExp(
        `Invalid configuration :${key}: a URL that begins with http:// or https:// was expected, and one that begins with ftp: was found$`,
      ),
    );
    assert.throws(() => read(t, `${key}: nonsense`), /something that is no URL was found$/);
    read(t, `${key}: https://example.com:8443/x`);
  }
});

test("two signers are trusted while the one takes the place of the other, and what is no digest is refused", (t) => {
  const [old, next] = ["0a".repeat(32), "1B".repeat(32)];
  const signersIn = (text: string) => read(t, `:trusted_signer: '${text}'\n`).configuration.trustedSigners;

  assert.deepEqual(signersIn(old), [old]);
  assert.deepEqual(signersIn(`${old}, ${next}`), [old, next.toLowerCase()]);
  assert.throws(
    () => signersIn(`${old}, ${next}0`),
    /Invalid configuration :trusted_signer: the SHA-256 of a public key, 64 hexadecimal digits, was expected, and "1b/,
  );
});

test("a key that says who is trusted, and names nobody, is refused, since without it everybody is", (t) => {
  for (const key of ["trusted_signer", "trust_store"]) {
    for (const nothing of ["", "''", "' '", "null", "~"])
      assert.throws(
        () => read(t, `:${key}: ${nothing}\n`),
        new RegExp(`Invalid configuration :${key}: .* was expected, and nothing was found`),
      );
    read(t, ":verbose: true\n");
  }
});
