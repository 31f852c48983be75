import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, symlinkSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { test } from "node:test";
import { AgentHost, bundle, specification } from "./agent-host.ts";
import { zip } from "./archives.ts";
import { ControlPlane } from "./control-plane.ts";
import { hasOpenssl, Openssl } from "./openssl.ts";

// What is shipped: the packed file, and the program that needs no Node where it has been built.

const dist = resolve(import.meta.dirname, "../dist");
const packed = join(dist, "codedeploy-agent.cjs");
const executable = join(dist, "codedeploy-agent");
const overwrite = { AgentActionOverrides: { AgentOverrides: { FileExistsBehavior: "OVERWRITE" } } };

test(
  "the packed agent is both tools, by its name",
  { skip: !existsSync(packed) && "npm run build:agent makes it" },
  (t) => {
    const host = new AgentHost((clean) => t.after(clean), {});
    const link = join(host.folder, "codedeploy-local");
    symlinkSync(packed, link);
    const run = (file: string, ...words: readonly string[]) =>
      spawnSync(process.execPath, [file, ...words], { encoding: "utf8" });

    assert.match(run(packed, "help").stdout, /^AWS CodeDeploy Agent/);
    assert.equal(run(link, "--version").stdout, "1.0\n");
  },
);

/** A Node on this machine that is older than the one that runs this: hosts have what their distribution has. */
function olderNode(): string | undefined {
  const version = (node: string) => /^v(\d+)\./.exec(spawnSync(node, ["--version"], { encoding: "utf8" }).stdout ?? "");
  return ["/usr/bin", ...(process.env["PATH"] ?? "").split(delimiter)]
    .map((folder) => join(folder, "node"))
    .find((node) => existsSync(node) && [20, 21, 22].includes(Number(version(node)?.[1])));
}

const older = olderNode() ?? "";

test(
  "the packed agent carries out a deployment on an older Node",
  {
    skip:
      (!existsSync(packed) && "npm run build:agent makes it") ||
      (older === "" && "no Node 20 to 22 is on this machine") ||
      (!hasOpenssl && "needs openssl"),
    timeout: 60_000,
  },
  async (t) => {
    const plane = await ControlPlane.open(new Openssl((clean) => t.after(clean)), (close) => t.after(close));
    const host = new AgentHost(
      (clean) => t.after(clean),
      { deploy_control_endpoint: plane.url, s3_endpoint_override: plane.url },
      { node: older, program: packed },
    );
    const hooks = ["ApplicationStop", "BeforeInstall", "AfterInstall", "ApplicationStart", "ValidateService"];
    const scripts = Object.fromEntries(hooks.map((event) => [event, `echo ${event} >> ${host.folder}/ran`]));
    plane.put("bundles", "app.tgz", bundle(host, scripts));
    plane.put(
      "bundles",
      "app.zip",
      zip([
        {
          name: "appspec.yml",
          content: `version: 0.0\nos: linux\nfiles: [{source: app.txt, destination: "${host.app}"}]\n`,
        },
        { name: "app.txt", content: "zipped" },
      ]),
    );
    await host.start(plane);

    const [first, second] = ["d-AAAAAAAA1", "d-AAAAAAAA2"].map((id) =>
      plane.specify(
        specification(id, id.endsWith("1") ? {} : { ReuseArchiveFromDeploymentId: "d-AAAAAAAA1", ...overwrite }),
      ),
    );
    const zipped = plane.specify({
      ...specification("d-AAAAAAAA3"),
      Revision: { RevisionType: "S3", S3Revision: { Bucket: "bundles", Key: "app.zip", BundleType: "zip" } },
    });
    const events = [
      "ApplicationStop",
      "DownloadBundle",
      "BeforeInstall",
      "Install",
      "AfterInstall",
      "ApplicationStart",
    ];
    for (const deployment of [first ?? "", second ?? "", zipped])
      for (const event of [...events, "ValidateService"]) {
        const { status, diagnostics } = await plane.run(event, deployment);
        assert.equal(status, "Succeeded", `${event}: ${diagnostics.message}`);
      }

    assert.equal(host.read("app/app.txt"), "zipped");
    const once = ["BeforeInstall", "AfterInstall", "ApplicationStart", "ValidateService"];
    const wanted = [...once, "ApplicationStop", ...once, "ApplicationStop"];
    assert.deepEqual(host.read("ran").trim().split("\n"), wanted);
    await host.settled();
    assert.equal(await host.stop(), 0);
    const log = host.read("log/codedeploy-agent.log");
    assert.doesNotMatch(log, /ERROR|is not a function/);
  },
);

test(
  "the program that needs no Node starts and stops itself",
  { skip: !existsSync(executable) && "npm run build:agent -- --executable makes it", timeout: 30_000 },
  (t) => {
    const host = new AgentHost((clean) => t.after(clean), { deploy_control_endpoint: "http://127.0.0.1:9" });
    const run = (...words: readonly string[]) =>
      spawnSync(executable, ["--config_file", host.configurationFile, ...words], { encoding: "utf8", env: {} });
    t.after(() => run("stop"));

    assert.match(run("start").stdout, /^Started master \d+ with 1 children\n$/);
    assert.match(run("status").stdout, /^The AWS CodeDeploy agent is running as PID \d+\n$/);
    assert.match(run("stop").stdout, /^Checking first .*\nStopping master \d+\n$/);
  },
);
