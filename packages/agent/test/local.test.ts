import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, lstatSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test, type TestContext } from "node:test";
import { AgentHost, bundle } from "./agent-host.ts";
import { tar, tgz } from "./archives.ts";

const limits = { timeout: 30_000 };
const id = "d-[A-Z0-9]{9}-local";

function fixture(t: TestContext) {
  const host = new AgentHost((clean) => t.after(clean), {});
  const local = (...words: readonly string[]) => host.program("deploy-local", "-c", host.configurationFile, ...words);
  return { host, local };
}

test(
  "nobody may change an unpacked script before it runs, and installed files are what the bundle says",
  limits,
  (t) => {
    const { host, local } = fixture(t);
    const appspec = `version: 0.0\nos: linux\nfiles: [{source: f, destination: ${host.folder}/app}]\nhooks: {BeforeInstall: [{location: h.sh}]}\n`;
    const location = join(host.folder, "app.tar");
    const script = `#!/bin/sh\ncd "$(dirname "$0")" && stat -c '%n %a %u' h.sh f d > ${host.folder}/seen`;
    const files = [
      { name: "d", type: "5", mode: 0o777 },
      { name: "appspec.yml", content: appspec },
      { name: "h.sh", content: script, mode: 0o777 },
      { name: "f", content: "x", mode: 0o666 },
    ];
    const archive = tar(files.map((file) => ({ ...file, uid: 54_321 })));
    writeFileSync(location, archive);

    for (const _ of [1, 2]) assert.equal(local("-l", location, "-ttar").code, 0);

    const [own, theirs] = [process.getuid?.(), process.getuid?.() === 0 ? 54_321 : process.getuid?.()];
    assert.equal(host.read("seen"), `h.sh 755 ${own}\nf 644 ${own}\nd 755 ${own}\n`);
    const { mode, uid } = statSync(join(host.folder, "app/f"));
    assert.deepEqual([mode & 0o777, uid], [0o666, theirs]);
  },
);

test("a bundle is deployed with all events in their order, in the official tool's words", limits, (t) => {
  const { host, local } = fixture(t);
  const note = `echo $LIFECYCLE_EVENT $APPLICATION_NAME $DEPLOYMENT_GROUP_NAME >> ${host.folder}/events`;
  writeFileSync(
    join(host.folder, "app.tgz"),
    bundle(
      host,
      Object.fromEntries(
        ["ApplicationStop", "BeforeInstall", "AfterInstall", "ValidateService"].map((event) => [event, note]),
      ),
    ),
  );
  const location = join(host.folder, "app.tgz");

  const first = local("-l", location, "--type=tgz", "-a", "App");
  local("-l", location, "-ttgz", "-a", "App");

  const folder = `${host.root}/default-local-deployment-group/${id}`;
  assert.match(
    first.stdout,
    new RegExp(
      `^Starting to execute deployment from within folder ${folder}\nSee the deployment log at ${folder}/logs/scripts\\.log for more details\nAppSpec file valid\\. Local deployment successful\n$`,
    ),
  );
  assert.deepEqual([first.code, first.stderr], [0, ""]);
  assert.equal(host.read("app/app.txt"), "1");
  const names = host
    .read("events")
    .trim()
    .split("\n")
    .map((line) => line.split(" ")[0]);
  assert.deepEqual(names, [
    "BeforeInstall",
    "AfterInstall",
    "ValidateService",
    "ApplicationStop",
    "BeforeInstall",
    "AfterInstall",
    "ValidateService",
  ]);
  assert.match(host.read("events"), /^BeforeInstall App LocalFleet$/m);
});

test("a folder is deployed as it is, by way of appspec.yaml too", limits, (t) => {
  const { host, local } = fixture(t);
  mkdirSync(join(host.folder, "revision"));
  writeFileSync(
    join(host.folder, "revision/appspec.yaml"),
    `version: 0.0\nos: linux\nhooks:\n  Mine: [{location: mine.sh}]\n`,
  );
  writeFileSync(join(host.folder, "revision/mine.sh"), `#!/bin/sh\ntouch ${host.folder}/mine\n`, { mode: 0o755 });

  const { code, stdout } = local("--bundle-loc", join(host.folder, "revision"), "--events", "BeforeInstall,Mine");

  assert.equal(code, 0, stdout);
  assert(host.has("mine"));
  const unknown = local("-l", join(host.folder, "revision"));
  assert.match(unknown.stdout, /^ERROR: appspec\.yaml file contains unknown lifecycle events: \["Mine"\]$/m);
  const missing = local("-l", join(host.folder, "revision"), "-e", "Mine,Other");
  assert.match(
    missing.stdout,
    /^ERROR: You specified a lifecycle event which is not a default one and doesn't exist in your appspec\.yaml file: Other$/m,
  );
});

test("a failing script is named, with the reason on the error output", limits, (t) => {
  const { host, local } = fixture(t);
  writeFileSync(join(host.folder, "app.tgz"), bundle(host, { AfterInstall: "exit 3" }));

  const { code, stdout, stderr } = local("-l", join(host.folder, "app.tgz"), "-t", "tgz");

  assert.equal(code, 1);
  assert.match(
    stdout,
    new RegExp(
      `^Your local deployment failed while trying to execute your script at ${host.root}/default-local-deployment-group/${id}/deployment-archive/AfterInstall\\.sh\nSee the deployment log at`,
      "m",
    ),
  );
  assert.equal(stderr, "Script at specified location: AfterInstall.sh failed with exit code 3\n");
});

test("what cannot be done is said in the official tool's words, with exit code 1", limits, (t) => {
  const { host, local } = fixture(t);
  mkdirSync(join(host.folder, "empty"));
  writeFileSync(join(host.folder, "file"), "");
  const [file, empty] = [join(host.folder, "file"), join(host.folder, "empty")];
  const cases: readonly (readonly [readonly string[], string])[] = [
    [["-t", "rar"], "type rar is not a valid type. Must be one of tgz,tar,zip,directory"],
    [["-l", "http://x/y"], "location http://x/y cannot be http, only encrypted (https) url endpoints supported"],
    [["-l", "/no/such"], "location /no/such is specified as a file or directory which does not exist"],
    [["-l", file], `location ${file} is specified with type directory but it is a file`],
    [["-l", empty, "-t", "zip"], `location ${empty} is specified as a compressed local file but it is a directory`],
    [
      ["-l", empty, "-A", "a.yml"],
      `Expecting appspec file at location ${empty}/a.yml but it is not found there. Please either run the CLI from within a directory containing the a.yml file or specify a bundle location containing an a.yml file in its root directory`,
    ],
    [["-l", "s3://bucket", "-t", "zip"], "s3 location s3://bucket not in the expected format of 's3://bucket/key'"],
    [
      ["-l", "https://example.com/a/b"],
      "unknown location https://example.com/a/b cannot be determined to be S3, Github, or a local file / directory",
    ],
    [
      ["-l", "s3://b/k", "-e", "Install,DownloadBundle"],
      "The only events that can be specified before DownloadBundle are BeforeBlockTraffic,AfterBlockTraffic,ApplicationStop. Please fix the order of your specified events: Install,DownloadBundle",
    ],
    [
      ["-l", "s3://b/k", "-e", "AfterInstall,Install"],
      "The only events that can be specified before Install are BeforeBlockTraffic,AfterBlockTraffic,ApplicationStop,DownloadBundle,BeforeInstall. Please fix the order of your specified events: AfterInstall,Install",
    ],
    [["-c", "/no/such.yml"], "configuration file /no/such.yml does not exist or is not readable"],
  ];
  for (const [words, message] of cases)
    assert.deepEqual(local(...words), { code: 1, stdout: `ERROR: ${message}\n`, stderr: "" });
  assert.match(
    local("--frobnicate").stdout,
    /^--frobnicate is not an option\nUsage:\n {2}codedeploy-local \[options\]\n$/,
  );
  assert.deepEqual(local("--version"), { code: 1, stdout: "1.0\n", stderr: "" });
});

test("a bundle that leaves its folder is refused here as everywhere", limits, (t) => {
  const { host, local } = fixture(t);
  writeFileSync(join(host.folder, "evil.tgz"), tgz([{ name: "../evil" }]));
  symlinkSync("evil.tgz", join(host.folder, "link.tgz"));

  const { code, stdout } = local("-l", join(host.folder, "link.tgz"), "-t", "tgz");

  assert.equal(code, 1);
  assert.match(stdout, /^ERROR: Error extracting tgz archive: The bundle's entry "\.\.\/evil" leaves the bundle$/m);
});

test(
  "whoever has deleted the folder in which it was started hurts nobody: scripts begin in one that exists",
  limits,
  (t) => {
    const { host } = fixture(t);
    writeFileSync(join(host.folder, "app.tgz"), bundle(host, { AfterInstall: `/bin/pwd > ${host.folder}/where` }));
    const program = resolve(import.meta.dirname, "../src/main.ts");
    const gone = join(host.folder, "gone");
    const words = ["deploy-local", "-c", host.configurationFile, "-l", join(host.folder, "app.tgz"), "-t", "tgz"];

    const { status, stdout, stderr } = spawnSync(
      "/bin/sh",
      ["-c", 'mkdir "$0" && cd "$0" && rmdir "$0" && exec "$@"', gone, process.execPath, program, ...words],
      { env: host.environment, encoding: "utf8" },
    );

    assert.deepEqual([status, stderr], [0, ""], stdout);
    assert.equal(host.read("where"), "/\n");
  },
);

test(
  "what the agent keeps for itself is nobody else's to read, and what it installs is as it always was",
  limits,
  (t) => {
    const { host, local } = fixture(t);
    writeFileSync(join(host.folder, "app.tgz"), bundle(host, { AfterInstall: "echo done; umask" }));

    const { code, stdout } = local("-l", join(host.folder, "app.tgz"), "-t", "tgz");

    assert.equal(code, 0, stdout);
    const others = (path: string) => (lstatSync(path).mode & 0o007) !== 0;
    const files = globSync(["root/**", "log/**"], { cwd: host.folder, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const readable = files.filter((path) => others(path) && !path.includes("/deployment-archive/"));
    assert.deepEqual([files.length > 5, readable], [true, []]);
    // Scripts of other users run in it.
    assert(others(join(host.root, "default-local-deployment-group")));
    assert.equal(statSync(join(host.app, "app.txt")).mode & 0o777, 0o644);
    const [, mask = ""] =
      /\[stdout\](0\d+)/.exec(host.read("root/deployment-logs/codedeploy-agent-deployments.log")) ?? [];
    assert.equal(Number.parseInt(mask, 8), process.umask());
  },
);
