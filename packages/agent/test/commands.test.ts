import assert from "node:assert/strict";
import { readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AgentHost, bundle, specification } from "./agent-host.ts";
import { ControlPlane } from "./control-plane.ts";
import { hasOpenssl, Openssl } from "./openssl.ts";

const limits = { timeout: 30_000 };

test(
  "the program starts, tells, restarts and stops the agent in the official agent's words",
  { ...limits, skip: !hasOpenssl && "needs openssl" },
  async (t) => {
    const plane = await ControlPlane.open(new Openssl((clean) => t.after(clean)), (close) => t.after(close));
    const host = new AgentHost((clean) => t.after(clean), {
      deploy_control_endpoint: plane.url,
      s3_endpoint_override: plane.url,
    });
    const pidFile = join(host.folder, "pid/codedeploy-agent.pid");
    t.after(() => host.command("stop"));

    assert.deepEqual(host.command("status"), {
      code: 1,
      stdout: "",
      stderr: "error: No AWS CodeDeploy agent running\n",
    });
    assert.deepEqual(host.command("stop"), { code: 0, stdout: "Nothing running that could be stopped\n", stderr: "" });

    const started = host.command("start");
    const pid = readFileSync(pidFile, "utf8");
    assert.match(pid, /^\d+\n$/);
    assert.deepEqual(started, { code: 0, stdout: `Started master ${pid.trim()} with 1 children\n`, stderr: "" });
    assert.deepEqual(host.command("status"), {
      code: 0,
      stdout: `The AWS CodeDeploy agent is running as PID ${pid}`,
      stderr: "",
    });
    assert.deepEqual(host.command("start"), { code: 0, stdout: "", stderr: "" });

    const restarted = host.command("restart").stdout;
    assert.match(
      restarted,
      new RegExp(
        `^Checking first if a deployment is already in progress\nStopping master ${pid.trim()}\nStarted master \\d+ with 1 children\n$`,
      ),
    );
    const second = readFileSync(pidFile, "utf8").trim();
    assert.notEqual(second, pid.trim());

    process.kill(Number(second), "SIGKILL");
    const stale = `Pidfile ${pidFile} present but no matching process running - cleaning up\n`;
    assert.deepEqual(host.command("status"), {
      code: 1,
      stdout: stale,
      stderr: "error: No AWS CodeDeploy agent running\n",
    });
    assert.match(host.command("start").stdout, new RegExp(`^${stale}Started master \\d+ with 1 children\n$`));
    const third = readFileSync(pidFile, "utf8").trim();
    assert.deepEqual(host.command("stop"), {
      code: 0,
      stdout: `Checking first if a deployment is already in progress\nStopping master ${third}\n`,
      stderr: "",
    });
    assert.match(
      host.read("log/codedeploy-agent.log"),
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d INFO {2}\[codedeploy-agent\(\d+\)\]: Version sluice_\S+ started$/m,
    );
  },
);

test(
  "a stop is refused while a command runs, with the deployment's name",
  { ...limits, skip: !hasOpenssl && "needs openssl" },
  async (t) => {
    const plane = await ControlPlane.open(new Openssl((clean) => t.after(clean)), (close) => t.after(close));
    const host = new AgentHost((clean) => t.after(clean), {
      deploy_control_endpoint: plane.url,
      s3_endpoint_override: plane.url,
    });
    plane.put(
      "bundles",
      "app.tgz",
      bundle(host, {
        AfterInstall: `touch ${host.folder}/began; while [ ! -e ${host.folder}/go ]; do sleep 0.05; done`,
      }),
    );
    await host.start(plane);
    const deployment = plane.specify(specification("d-AAAAAAAA1"));
    await plane.run("DownloadBundle", deployment);
    const identifier = plane.send("AfterInstall", deployment);
    while (!host.has("began")) await new Promise((resolve) => setTimeout(resolve, 10));

    const { code, stdout, stderr } = host.command("stop");

    assert.deepEqual([code, stdout], [1, "Checking first if a deployment is already in progress\n"]);
    assert.equal(
      stderr,
      `error: Deployment d-AAAAAAAA1 is in progress, so the agent goes on. Try again when it has ended, or end it at once with: kill ${host.pid}\n`,
    );
    // A tracking file of a deployment of yesterday does not keep the agent from being stopped.
    writeFileSync(join(host.folder, "go"), "");
    await plane.completion(identifier);
    await host.settled();
    writeFileSync(join(host.root, "ongoing-deployment/d-OLD"), "x");
    const yesterday = new Date(Date.now() - 25 * 3_600_000);
    utimesSync(join(host.root, "ongoing-deployment/d-OLD"), yesterday, yesterday);
    assert.equal(host.command("stop").code, 0);
  },
);

test("a configuration that is wrong is refused with its file and what was expected", limits, (t) => {
  const host = new AgentHost((clean) => t.after(clean), {});
  const file = host.configurationFile;
  const refusal = (text: string) => {
    writeFileSync(file, text);
    const { code, stderr } = host.command("status");
    assert.equal(code, 1);
    return stderr;
  };
  const because = `error: An error occurred loading the CodeDeploy agent config file at ${file}. Error message: `;

  assert.equal(
    refusal("max_revisions: 0"),
    `${because}Invalid configuration :max_revisions=0: a whole number of 1 or more was expected\n`,
  );
  assert.equal(refusal(":children: 2"), `${because}children can only be set to 1\n`);
  assert.equal(refusal("- a list"), `${because}a mapping of keys to values was expected, and ["a list"] was found\n`);
  assert.match(refusal("a: b: c"), /Error message: Nested mappings are not allowed/);
  const { code, stderr } = host.command("--config_file", "/no/such/file", "status");
  assert.deepEqual([code, stderr], [1, "error: The config file /no/such/file does not exist or is not readable\n"]);
});

test("an unknown command exits with 64 and the help, none and help with 0", limits, (t) => {
  const host = new AgentHost((clean) => t.after(clean), {});

  const { code, stderr } = host.command("frobnicate");
  assert.equal(code, 64);
  assert.match(stderr, /^error: Unknown command 'frobnicate'\n\nAWS CodeDeploy Agent/);
  for (const word of ["version", "--version"]) {
    const told = host.command(word);
    assert.deepEqual([told.code, told.stderr], [0, ""]);
    assert.match(told.stdout, /^codedeploy-agent sluice_\d+\.\d+\.\d+\n$/);
  }
  for (const words of [[], ["help"], ["--help"]]) assert.match(host.command(...words).stdout, /^AWS CodeDeploy Agent/);
});
