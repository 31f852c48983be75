import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { AgentHost, bundle, hostIdentifier, specification } from "./agent-host.ts";
import { tgz } from "./archives.ts";
import { ControlPlane } from "./control-plane.ts";
import { breakOff } from "./download-fixture.ts";
import { hasOpenssl, Openssl } from "./openssl.ts";

// The agent as a process of its own against the protocol as AWS documents it.

const skip = !hasOpenssl && "needs openssl";
const limits = { skip, timeout: 30_000 };

async function fixture(t: TestContext, settings: Readonly<Record<string, string | number | boolean>> = {}) {
  const openssl = new Openssl((clean) => t.after(clean));
  const plane = await ControlPlane.open(openssl, (close) => t.after(close));
  const host = new AgentHost((clean) => t.after(clean), {
    deploy_control_endpoint: plane.url,
    s3_endpoint_override: plane.url,
    ...settings,
  });
  return { plane, host, openssl };
}

const acknowledgementOf = (plane: ControlPlane, identifier: string): unknown => {
  const heard = plane.heard.find(
    ({ operation, input }) =>
      operation === "PutHostCommandAcknowledgement" && input.HostCommandIdentifier === identifier,
  );
  return heard?.input.Diagnostics;
};

const overwrite = { AgentOverrides: { FileExistsBehavior: "OVERWRITE" } };
const success = { error_code: 0, script_name: "", message: "Succeeded: ", log: "" };

test(
  "a deployment is downloaded, installed and its scripts run; everything lies where the official agent puts it",
  limits,
  async (t) => {
    const { plane, host } = await fixture(t);
    plane.put(
      "bundles",
      "app.tgz",
      bundle(host, { BeforeInstall: "echo before", AfterInstall: "env | grep -E '^(BUNDLE|LIFE)' | sort" }),
    );
    await host.start(plane);
    const deployment = plane.specify(specification("d-AAAAAAAA1"));

    for (const event of ["ApplicationStop", "DownloadBundle", "BeforeInstall", "Install", "AfterInstall"])
      assert.deepEqual((await plane.run(event, deployment)).diagnostics, success, event);

    const folder = join(host.root, "group/d-AAAAAAAA1");
    assert.deepEqual(host.list("root/group/d-AAAAAAAA1"), [
      "archive-manifest",
      "bundle.tar",
      "deployment-archive",
      "logs",
    ]);
    assert.equal(host.read("app/app.txt"), "1");
    assert.equal(host.read("root/deployment-instructions/group_last_successful_install"), folder);
    assert.equal(host.read("root/deployment-instructions/group_most_recent_install"), folder);
    assert.deepEqual(host.list("root/deployment-instructions"), [
      "group-cleanup",
      "group-install.json",
      "group_last_successful_install",
      "group_most_recent_install",
    ]);
    assert.match(
      host.read("root/group/d-AAAAAAAA1/logs/scripts.log"),
      /\[stdout\]BUNDLE_BUCKET=bundles\n.*BUNDLE_KEY=app\.tgz\n.*LIFECYCLE_EVENT=AfterInstall\n/,
    );
    assert.match(
      host.read("root/deployment-logs/codedeploy-agent-deployments.log"),
      /\[d-AAAAAAAA1\]\[stdout\]before\n/,
    );
    await host.settled();
    assert.deepEqual(host.list("root/ongoing-deployment"), []);
  },
);

test(
  "a restart runs on the copy that the host has, and fetches the revision only when that is gone",
  limits,
  async (t) => {
    const { plane, host } = await fixture(t);
    plane.put("bundles", "app.tgz", bundle(host, { ApplicationStart: "echo started" }, "first"));
    await host.start(plane);
    const events = [
      "ApplicationStop",
      "DownloadBundle",
      "BeforeInstall",
      "Install",
      "AfterInstall",
      "ApplicationStart",
    ];
    const deploy = async (id: string, more: object = {}) => {
      const deployment = plane.specify(specification(id, { ...more, AgentActionOverrides: overwrite }));
      for (const event of events) assert.deepEqual((await plane.run(event, deployment)).diagnostics, success, event);
    };
    await deploy("d-AAAAAAAA1");
    plane.put("bundles", "app.tgz", bundle(host, {}, "second"));

    await deploy("d-AAAAAAAA2", { ReuseArchiveFromDeploymentId: "d-AAAAAAAA1" });
    const restarted = host.read("app/app.txt");
    const log = host.read("root/group/d-AAAAAAAA2/logs/scripts.log");
    await deploy("d-AAAAAAAA3", { ReuseArchiveFromDeploymentId: "d-AAAAAAAA0" });

    assert.equal(restarted, "first");
    assert.match(log, /\[stdout\]started\n/);
    assert.deepEqual(host.list("root/group/d-AAAAAAAA2"), ["archive-manifest", "deployment-archive", "logs"]);
    assert.equal(host.read("app/app.txt"), "second");
  },
);

test(
  "a kept revision of which something is missing is fetched again, or the event fails and says so",
  limits,
  async (t) => {
    const { plane, host } = await fixture(t);
    plane.put("bundles", "app.tgz", bundle(host, {}, "first"));
    await host.start(plane);
    const deploy = async (id: string, more: object, events: readonly string[]) => {
      const deployment = plane.specify(specification(id, { ...more, AgentActionOverrides: overwrite }));
      for (const event of events) assert.deepEqual((await plane.run(event, deployment)).diagnostics, success, event);
    };
    await deploy("d-AAAAAAAA1", {}, ["DownloadBundle", "Install"]);

    rmSync(join(host.root, "group/d-AAAAAAAA1/deployment-archive/app.txt"));
    await deploy("d-AAAAAAAA2", { ReuseArchiveFromDeploymentId: "d-AAAAAAAA1" }, ["DownloadBundle", "Install"]);
    assert.equal(host.read("app/app.txt"), "first");
    assert.match(
      host.read("log/codedeploy-agent.log"),
      /d-AAAAAAAA2: The revision that deployment d-AAAAAAAA1 has left here is not whole: "app\.txt" is missing; it is fetched again\n/,
    );

    rmSync(join(host.root, "group/d-AAAAAAAA2/deployment-archive/app.txt"));
    plane.remove("bundles", "app.tgz");
    const third = plane.specify(specification("d-AAAAAAAA3", { ReuseArchiveFromDeploymentId: "d-AAAAAAAA2" }));
    const { status, diagnostics } = await plane.run("DownloadBundle", third);
    assert.equal(status, "Failed");
    assert.match(
      diagnostics.message,
      /^The revision that deployment d-AAAAAAAA2 has left here is not whole: "app\.txt" is missing\. It cannot be fetched again: Cannot download s3:\/\/bundles\/app\.tgz: status 404/,
    );
  },
);

test(
  "a bundle's store that breaks off and is away for a while delays a deployment, and does not fail it",
  limits,
  async (t) => {
    const { plane, host } = await fixture(t);
    const bytes = bundle(host, {});
    plane.put("bundles", "app.tgz", bytes);
    const away = (_: unknown, response: ServerResponse) => response.destroy();
    const broken = (_: unknown, response: ServerResponse) => {
      response.writeHead(200, { etag: '"the-etag"', "content-length": bytes.length });
      breakOff(response, bytes.subarray(0, 100));
    };
    plane.answerDownloads(broken, ...Array.from({ length: 4 }, () => away));
    await host.start(plane);

    const { status, diagnostics } = await plane.run("DownloadBundle", plane.specify(specification("d-AAAAAAAA1")));

    assert.equal(status, "Succeeded", diagnostics.message);
  },
);

test("an old specification that somebody plays back is not carried out", limits, async (t) => {
  const { plane, host } = await fixture(t);
  plane.put("bundles", "app.tgz", bundle(host, {}));
  await host.start(plane);
  const old = plane.specify(specification("d-AAAAAAAA1"));
  const asked = plane.specify(specification("d-AAAAAAAA2"));
  plane.replay(asked, old);

  const { status, diagnostics } = await plane.run("DownloadBundle", asked);

  assert.deepEqual(
    [status, diagnostics.message],
    [
      "Failed",
      'Cannot trust the deployment specification: it is of deployment d-AAAAAAAA1, and that of "d-AAAAAAAA2" was asked for',
    ],
  );
  assert.deepEqual(host.list("root/group"), []);
});

test("a command that meets what nobody has thought of fails with it, and the log says ERROR", limits, async (t) => {
  const { plane, host } = await fixture(t);
  plane.put("bundles", "app.tgz", bundle(host, { AfterInstall: "true" }));
  await host.start(plane);
  const deployment = plane.specify(specification("d-AAAAAAAA1"));
  await plane.run("DownloadBundle", deployment);
  await host.settled();

  const journal = join(host.root, "command-journal/journal");
  rmSync(journal);
  mkdirSync(journal);
  const { status, diagnostics } = await plane.run("AfterInstall", deployment);

  assert.equal(status, "Failed");
  assert.match(diagnostics.message, /^EISDIR: illegal operation on a directory/);
  assert.match(
    host.read("log/codedeploy-agent.log"),
    / ERROR \[.*\]: AfterInstall of .*\/d-AAAAAAAA1 failed unexpectedly: Error: EISDIR/,
  );
});

test("a host polls by its name, signs, and says which agent it is", limits, async (t) => {
  const { plane, host } = await fixture(t);

  await host.start(plane);

  const [poll] = plane.heard;
  assert.deepEqual(poll?.input, { HostIdentifier: hostIdentifier });
  assert.match(
    String(poll?.headers.authorization),
    /^AWS4-HMAC-SHA256 Credential=AKIATEST\/\d{8}\/us-east-1\/codedeploy-commands\/aws4_request, SignedHeaders=.*x-amz-codedeploy-agent-version/,
  );
  assert.match(String(poll?.headers["x-amz-codedeploy-agent-version"]), /^sluice_/);
  assert.equal(poll?.headers["x-amz-target"], "CodeDeployCommandService_v20141006.PollHostCommand");
});

test("an acknowledgement says whether there is anything to run", limits, async (t) => {
  const { plane, host } = await fixture(t);
  plane.put("bundles", "app.tgz", bundle(host, { AfterInstall: "true" }));
  await host.start(plane);
  const deployment = plane.specify(specification("d-AAAAAAAA1"));
  const told = async (event: string) => acknowledgementOf(plane, (await plane.run(event, deployment)).identifier);
  const noop = (is: boolean) => ({ Format: "JSON", Payload: `{"IsCommandNoop":${is}}` });

  assert.deepEqual(await told("ApplicationStop"), noop(true));
  assert.deepEqual(await told("DownloadBundle"), noop(false));
  assert.deepEqual(await told("BeforeInstall"), noop(true));
  assert.deepEqual(await told("Install"), noop(false));
  assert.deepEqual(await told("AfterInstall"), noop(false));
  const unknown = await plane.run("BlockTraffic", deployment);
  assert.deepEqual(
    [unknown.status, unknown.diagnostics.message],
    ["Failed", "Unsupported command type: BlockTraffic."],
  );
});

test("a failing script is reported once, with its name, its code and the end of its output", limits, async (t) => {
  const { plane, host } = await fixture(t);
  plane.put("bundles", "app.tgz", bundle(host, { AfterInstall: "echo broken; exit 9" }));
  await host.start(plane);
  const deployment = plane.specify(specification("d-AAAAAAAA1"));
  await plane.run("DownloadBundle", deployment);

  const { status, diagnostics } = await plane.run("AfterInstall", deployment);

  assert.equal(status, "Failed");
  assert.deepEqual(diagnostics, {
    error_code: 4,
    script_name: "AfterInstall.sh",
    message: "Script at specified location: AfterInstall.sh failed with exit code 9",
    log: "LifecycleEvent - AfterInstall\nScript - AfterInstall.sh\n[stdout]broken\n",
  });
  assert.equal(plane.completions.length, 2);
});

test("what cannot be downloaded or unpacked is reported with the reason", limits, async (t) => {
  const { plane, host } = await fixture(t);
  plane.put("bundles", "evil.tgz", tgz([{ name: "../../evil" }]));
  plane.put("bundles", "app.tgz", bundle(host, {}));
  await host.start(plane);
  const message = async (spec: ReturnType<typeof specification>) =>
    (await plane.run("DownloadBundle", plane.specify(spec))).diagnostics.message;
  const s3 = (more: object) => ({
    Revision: { RevisionType: "S3", S3Revision: { Bucket: "bundles", Key: "app.tgz", BundleType: "tgz", ...more } },
  });

  assert.equal(
    await message(specification("d-AAAAAAAA1", { key: "missing.tgz" })),
    "Cannot download s3://bundles/missing.tgz: status 404, NoSuchKey: The specified key does not exist.",
  );
  assert.equal(
    await message(specification("d-AAAAAAAA2", { key: "evil.tgz" })),
    'Error extracting tgz archive: The bundle\'s entry "../../evil" leaves the bundle',
  );
  assert.equal(
    await message(specification("d-AAAAAAAA3", s3({ ETag: "other" }))),
    'Expected deployment artifact bundle etag other but was actually "the-etag"',
  );
  assert.equal(
    (
      await plane.run(
        "DownloadBundle",
        plane.specify(specification("d-AAAAAAAA4", s3({ ETag: '"the-etag"', Version: "v7" }))),
      )
    ).status,
    "Succeeded",
  );
  assert(!host.has("root/evil") && !host.has("root/group/evil"));
});

test("a specification that was altered on its way is not carried out", limits, async (t) => {
  const { plane, host } = await fixture(t);
  await host.start(plane);
  const deployment = plane.specify(specification("d-AAAAAAAA1"), (envelope) => {
    const bytes = Buffer.from(envelope.replaceAll(/-----[A-Z0-9 ]+-----/g, ""), "base64");
    bytes.write("d-EVIL00000", bytes.indexOf("d-AAAAAAAA1"));
    return `-----BEGIN PKCS7-----\n${bytes.toString("base64")}\n-----END PKCS7-----\n`;
  });

  const { status, diagnostics } = await plane.run("DownloadBundle", deployment);

  assert.deepEqual(
    [status, diagnostics.message],
    ["Failed", "Cannot trust the deployment specification: its signature does not match its content"],
  );
  assert.deepEqual(host.list("root/group"), []);
});

test("with a trust store, a stranger's specification is not carried out", limits, async (t) => {
  const { plane, host, openssl } = await fixture(t);
  writeFileSync(
    host.configurationFile,
    `${readFileSync(host.configurationFile, "utf8")}:trust_store: ${openssl.party("somebody else").certificate}\n`,
  );
  await host.start(plane);

  const { diagnostics } = await plane.run("DownloadBundle", plane.specify(specification("d-AAAAAAAA1")));

  assert.match(
    diagnostics.message,
    /its signer "CN=deployment specifications" is vouched for by no certificate of trust_store/,
  );
});

test("a command that arrives twice is executed once", limits, async (t) => {
  const { plane, host } = await fixture(t);
  plane.put("bundles", "app.tgz", bundle(host, { AfterInstall: `echo ran >> ${host.folder}/ran` }));
  await host.start(plane);
  const deployment = plane.specify(specification("d-AAAAAAAA1"));
  await plane.run("DownloadBundle", deployment);

  const identifier = plane.send("AfterInstall", deployment);
  plane.send("AfterInstall", deployment, identifier);
  await plane.completion(identifier);
  plane.send("AfterInstall", deployment, identifier);
  await plane.run("BeforeAllowTraffic", deployment);

  assert.equal(host.read("ran"), "ran\n");
  assert.equal(plane.completions.filter((one) => one.identifier === identifier).length, 1);
});

test("what the acknowledgement is answered with decides whether a command runs", limits, async (t) => {
  const { plane, host } = await fixture(t);
  plane.put("bundles", "app.tgz", bundle(host, { AfterInstall: `echo ran >> ${host.folder}/ran` }));
  await host.start(plane);
  const deployment = plane.specify(specification("d-AAAAAAAA1"));
  await plane.run("DownloadBundle", deployment);

  plane.acknowledgement = "Failed";
  assert.equal((await plane.run("BeforeInstall", deployment)).diagnostics.message, "Succeeded: CompletedNoopCommand");
  const refused = plane.send("AfterInstall", deployment, "refused");
  await plane.until(() => acknowledgementOf(plane, refused));
  plane.acknowledgement = "Succeeded";
  const done = plane.send("AfterInstall", deployment, "done");
  await plane.until(() => acknowledgementOf(plane, done));
  plane.acknowledgement = undefined;
  await plane.run("AfterInstall", deployment);

  assert.equal(host.read("ran"), "ran\n");
  assert(!plane.completions.some(({ identifier }) => identifier === "refused" || identifier === "done"));
});

test(
  "an agent that was killed in a script fails that event when it is back, ends the script, and goes on",
  limits,
  async (t) => {
    const { plane, host } = await fixture(t);
    plane.put(
      "bundles",
      "app.tgz",
      bundle(host, {
        AfterInstall: `echo $$ > ${host.folder}/script; sleep 60; echo survived > ${host.folder}/survived`,
        ValidateService: "true",
      }),
    );
    await host.start(plane);
    const deployment = plane.specify(specification("d-AAAAAAAA1"));
    await plane.run("DownloadBundle", deployment);
    const identifier = plane.send("AfterInstall", deployment);
    const tracked = "root/ongoing-deployment/d-AAAAAAAA1";
    // It is written when the script runs already.
    const isTracked = () => host.has(tracked) && host.read(tracked) !== "";
    while (!host.has("script") || !isTracked()) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.deepEqual(host.list("root/ongoing-deployment"), ["d-AAAAAAAA1"]);
    assert.equal(host.read(tracked), identifier);

    await host.kill();
    await host.start(plane);

    assert.deepEqual((await plane.completion(identifier)).diagnostics, {
      error_code: 7,
      script_name: "",
      message: "Failed: Failing in-progress lifecycle event after an agent restart.",
      log: "",
    });
    assert(!runs(host.read("script")));
    assert.equal((await plane.run("ValidateService", deployment)).status, "Succeeded");
    assert(!host.has("survived"));
    await host.settled();
    assert.deepEqual(host.list("root/ongoing-deployment"), []);
  },
);

/** Whether a process runs; one that has ended may be there until its parent has heard of it. */
function runs(pid: string): boolean {
  const stat = `/proc/${pid.trim()}/stat`;
  return existsSync(stat) && !readFileSync(stat, "utf8").includes(") Z ");
}

test("an outcome that could not be told is told after a kill, and the command is not run again", limits, async (t) => {
  const { plane, host } = await fixture(t);
  plane.put("bundles", "app.tgz", bundle(host, { AfterInstall: `echo ran >> ${host.folder}/ran` }));
  await host.start(plane);
  const deployment = plane.specify(specification("d-AAAAAAAA1"));
  await plane.run("DownloadBundle", deployment);

  plane.fail("PutHostCommandComplete", { status: 500, type: "ServerException" }, 1000);
  const identifier = plane.send("AfterInstall", deployment);
  await plane.until(
    () =>
      plane.heard.filter(
        ({ operation, input }) => operation === "PutHostCommandComplete" && input.HostCommandIdentifier === identifier,
      )[1],
  );
  await host.kill();
  plane.fail("PutHostCommandComplete", { status: 500, type: "ServerException" }, 0);
  await host.start(plane);

  assert.deepEqual((await plane.completion(identifier)).diagnostics, success);
  assert.equal(host.read("ran"), "ran\n");
});

test("two deployments run side by side, and those of one group in their order", limits, async (t) => {
  const { plane, host } = await fixture(t);
  const wait = (name: string) =>
    `echo ${name} begins >> ${host.folder}/order; while [ ! -e ${host.folder}/${name} ]; do sleep 0.02; done; echo ${name} ends >> ${host.folder}/order`;
  for (const name of ["a", "b", "c"]) plane.put("bundles", `${name}.tgz`, bundle(host, { AfterInstall: wait(name) }));
  await host.start(plane);
  const a = plane.specify(specification("d-AAAAAAAAA", { key: "a.tgz", group: "one" }));
  const b = plane.specify(specification("d-BBBBBBBBB", { key: "b.tgz", group: "one" }));
  const c = plane.specify(specification("d-CCCCCCCCC", { key: "c.tgz", group: "two" }));
  for (const deployment of [a, b, c]) await plane.run("DownloadBundle", deployment);

  const [first, second, third] = [a, b, c].map((deployment) => plane.send("AfterInstall", deployment));
  while (!host.has("order") || !host.read("order").includes("c begins"))
    await new Promise((resolve) => setTimeout(resolve, 10));
  writeFileSync(join(host.folder, "c"), "");
  await plane.completion(third ?? "");
  assert(!host.read("order").includes("b begins"));
  writeFileSync(join(host.folder, "a"), "");
  await plane.completion(first ?? "");
  writeFileSync(join(host.folder, "b"), "");
  await plane.completion(second ?? "");

  assert.deepEqual(
    host
      .read("order")
      .split("\n")
      .filter((line) => /^[ab]/.test(line)),
    ["a begins", "a ends", "b begins", "b ends"],
  );
});

test(
  "commands of one group take their turns as they arrived, whichever specification is there first",
  limits,
  async (t) => {
    const { plane, host } = await fixture(t);
    plane.put("bundles", "app.tgz", bundle(host, {}));
    await host.start(plane);
    const [a, b] = ["d-AAAAAAAAA", "d-BBBBBBBBB"].map((id) => plane.specify(specification(id)));
    const release = plane.hold("GetDeploymentSpecification");

    const first = plane.send("DownloadBundle", a ?? "");
    const second = plane.send("DownloadBundle", b ?? "");
    await plane.until(() => plane.heard.find(({ operation }) => operation === "PutHostCommandAcknowledgement"));
    release();
    await Promise.all([plane.completion(first), plane.completion(second)]);

    assert.deepEqual(
      plane.completions.map(({ identifier }) => identifier),
      [first, second],
    );
  },
);

test(
  "no more revisions are kept than the configuration says, the last successful one in any case",
  limits,
  async (t) => {
    const { plane, host } = await fixture(t, { max_revisions: 2 });
    plane.put("bundles", "app.tgz", bundle(host, {}));
    await host.start(plane);
    const ids = ["d-AAAAAAAA1", "d-AAAAAAAA2", "d-AAAAAAAA3", "d-AAAAAAAA4"];

    for (const id of ids) {
      const deployment = plane.specify(specification(id));
      await plane.run("DownloadBundle", deployment);
      if (id === ids[0]) await plane.run("Install", deployment);
    }

    assert.deepEqual(host.list("root/group"), ["d-AAAAAAAA1", "d-AAAAAAAA4"]);
  },
);

test("throttled polls wait longer and longer, and go on", limits, async (t) => {
  const { plane, host } = await fixture(t, { wait_after_throttle_error: 1 });
  plane.fail("PollHostCommand", { status: 400, type: "ThrottlingException" }, 2);
  const began = performance.now();

  await host.start(plane);
  await plane.until(() => plane.heard.filter(({ operation }) => operation === "PollHostCommand")[2]);

  assert(performance.now() - began > 1000);
  assert.match(
    host.read("log/codedeploy-agent.log"),
    /WARN {2}\[codedeploy-agent\(\d+\)\]: Cannot poll: PollHostCommand was answered with status 400: ThrottlingException/,
  );
});

test(
  "an idle agent ends within two seconds of being asked, and so does one with a command after that command",
  limits,
  async (t) => {
    const { plane, host } = await fixture(t);
    plane.put(
      "bundles",
      "app.tgz",
      bundle(host, { AfterInstall: `touch ${host.folder}/began; sleep 1; touch ${host.folder}/ended` }),
    );
    await host.start(plane);
    const began = performance.now();
    assert.equal(await host.stop(), 0);
    assert(performance.now() - began < 2000);
    assert(!host.has("pid/codedeploy-agent.pid"));

    await host.start(plane);
    const deployment = plane.specify(specification("d-AAAAAAAA1"));
    await plane.run("DownloadBundle", deployment);
    const identifier = plane.send("AfterInstall", deployment);
    while (!host.has("began")) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(await host.stop(), 0);
    assert(host.has("ended"));
    assert.equal((await plane.completion(identifier)).status, "Succeeded");
  },
);
