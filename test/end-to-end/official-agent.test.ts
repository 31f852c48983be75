import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type TestContext, test } from "node:test";
import { eventually } from "../support/eventually.ts";
import { whyMissing } from "../support/why-missing.ts";
import { AgentProcess, begin, end, openAgentFixture } from "./agent-fixture.ts";

// The unmodified agent of AWS against this control plane, over HTTP and over HTTPS with a certificate authority of our
// own. It runs where there is a Ruby with the gems that its sources need (Debian: ruby ruby-aws-sdk-s3 ruby-zip
// ruby-minitar ruby-logging ruby-concurrent) and SLUICE_OFFICIAL_AGENT names the folder of the sources, release 1.8.1:
// https://github.com/aws/aws-codedeploy-agent

const sources = process.env.SLUICE_OFFICIAL_AGENT;
const skip =
  sources === undefined
    ? "SLUICE_OFFICIAL_AGENT names no folder with the official agent's sources"
    : await whyMissing("ruby");
const limits = { skip, timeout: 180_000 };
const script = resolve(import.meta.dirname, "../fixtures/official-agent.rb");

/** Over HTTP the agent works with its test profile only. Over HTTPS it works as usual, and trusts the certificates in SSL_CERT_FILE. */
async function fixture(t: TestContext, scheme: "http" | "https") {
  const tls = scheme === "https";
  const there = await openAgentFixture(t, { tls, settings: tls ? [] : [":codedeploy_test_profile: beta"] });
  const words = ["ruby", script, sources ?? "", there.configuration];
  const agent = new AgentProcess(t, words, tls ? { SSL_CERT_FILE: there.sluice.authorityFile } : {});
  return { ...there, agent };
}

for (const scheme of ["http", "https"] as const) {
  test(`the official agent completes a deployment over ${scheme}`, limits, async (t) => {
    const there = await fixture(t, scheme);
    there.agent.start();

    const { status, events, log } = await end(
      there,
      await begin(there, { AfterInstall: `env | grep ^BUNDLE_BUCKET > ${there.folder}/env` }),
    );

    assert.equal(status, "Succeeded", log);
    assert.equal(readFileSync(join(there.folder, "app/app.txt"), "utf8"), "installed");
    assert.match(readFileSync(join(there.folder, "env"), "utf8"), /^BUNDLE_BUCKET=sluice-revisions$/m);
    assert(
      events.every((event) => event.status === "Succeeded"),
      JSON.stringify(events),
    );
  });

  test(
    `the official agent's failing script fails the deployment with its own diagnostics over ${scheme}`,
    limits,
    async (t) => {
      const there = await fixture(t, scheme);
      there.agent.start();

      const { status, events, log } = await end(there, await begin(there, { AfterInstall: "echo broken; exit 9" }));

      assert.equal(status, "Failed", log);
      const failed = events.find((event) => event.status === "Failed");
      assert.equal(failed?.lifecycleEventName, "AfterInstall");
      assert.deepEqual(
        { ...failed?.diagnostics, logTail: undefined },
        {
          errorCode: "ScriptFailed",
          scriptName: "AfterInstall.sh",
          message: "Script at specified location: AfterInstall.sh failed with exit code 9",
          logTail: undefined,
        },
      );
      assert.match(failed?.diagnostics?.logTail ?? "", /\[stdout\]broken/);
    },
  );

  test(
    `the official agent, killed in a script and started again, fails that event over ${scheme}`,
    limits,
    async (t) => {
      const there = await fixture(t, scheme);
      mkdirSync(join(there.folder, "flags"));
      const scripts = { AfterInstall: `echo $$ > ${there.folder}/flags/began; exec sleep 60` };
      there.agent.start();
      const deployment = await begin(there, scripts);
      const began = join(there.folder, "flags/began");
      await eventually(
        "the script begins",
        async () => (existsSync(began) && readFileSync(began, "utf8") !== "") || undefined,
        60,
      );

      there.agent.kill();
      process.kill(Number(readFileSync(began, "utf8")), "SIGKILL"); // it leaves its scripts running
      there.agent.start();

      const { status, events, log } = await end(there, deployment);
      assert.equal(status, "Failed", log);
      const failed = events.find((event) => event.status === "Failed");
      assert.equal(failed?.lifecycleEventName, "AfterInstall");
      assert.match(failed?.diagnostics?.message ?? "", /Failing in-progress lifecycle event after an agent restart/);
    },
  );
}

test("the official agent does not come over https when nobody tells it whom to trust", limits, async (t) => {
  const there = await openAgentFixture(t, { tls: true });
  const agent = new AgentProcess(t, ["ruby", script, sources ?? "", there.configuration]);
  const log = join(there.folder, "log/codedeploy-agent.log");

  agent.start();

  const said = await eventually(
    "the agent gives up",
    async () => {
      const text = existsSync(log) ? readFileSync(log, "utf8") : "";
      return /SSL/.test(text) ? text : undefined;
    },
    60,
  );
  assert.match(said, /Error validating the SSL configuration: Invalid server certificate/);
});
