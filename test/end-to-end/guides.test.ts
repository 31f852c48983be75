// The commands of the guides, as they are written there: what a reader copies has to work.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { parse } from "yaml";
import { SluiceProcess } from "../support/sluice-process.ts";
import { whyMissing } from "../support/why-missing.ts";

const run = promisify(execFile);
const skip = await whyMissing("curl", "aws");

/** The blocks of code of a guide, in their order, with what each is written in. */
function blocksOf(guide: string): readonly { readonly language: string; readonly code: string }[] {
  const text = readFileSync(resolve(import.meta.dirname, `../../docs/guides/${guide}.md`), "utf8");
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = "", code = ""]) => ({ language, code }));
}

/** The commands that a guide has the administrator type on the server which have some words in them. */
function administrators(guide: string, words: string): string {
  const { code } =
    blocksOf(guide).find(({ code: one }) => one.startsWith("# ") && one.includes(words)) ?? assert.fail(words);
  return code.replaceAll(/^# /gm, "").replace('eval "$(sluice env)"\n', "");
}

/** What a shell needs to know to speak to a process as somebody, over TLS. */
type Variables = Readonly<Record<string, string>>;

/** Runs lines of a shell, and returns what it printed; rejects when one fails. */
const shell = (code: string, cwd: string, env: Variables) =>
  run("bash", ["-e", "-c", code], { cwd, env: { ...process.env, AWS_PAGER: "", ...env } });

/** Sets a host up below a folder by the command that `sluice register` prints, and runs its agent. */
async function host(t: TestContext, sluice: SluiceProcess): Promise<void> {
  const registered = await sluice.cli("register", "web-1", "--tag", "Role=web");
  const command = /^ {2}(ca=.*)$/m.exec(registered.stdout)?.[1] ?? assert.fail(registered.stdout + registered.stderr);
  const root = join(sluice.folder, "host");
  await run("sh", ["-c", `${command} --root ${root}`]);
  const program = join(root, "opt/codedeploy-agent/bin/codedeploy-agent.cjs");
  const words = [program, "--config_file", join(root, "etc/codedeploy-agent/conf/codedeployagent.yml"), "run"];
  const agent = spawn(process.execPath, words, { stdio: "ignore" });
  t.after(async () => {
    const gone = once(agent, "exit");
    if (agent.exitCode === null && agent.kill("SIGKILL")) await gone;
  });
}

/** The folder that is deployed: its one file goes beside it, and its one script is for a test to break. */
function layRevision(folder: string): { readonly script: string; readonly installed: string } {
  const installed = join(folder, "installed");
  const script = join(folder, "shop/validate.sh");
  mkdirSync(join(folder, "shop"));
  writeFileSync(join(folder, "shop/greeting"), "hello");
  writeFileSync(script, "#!/bin/sh\nexit 0\n", { mode: 0o755 });
  const files = `files:\n  - source: /greeting\n    destination: ${installed}\nfile_exists_behavior: OVERWRITE\n`;
  const hooks = "hooks:\n  ValidateService:\n    - location: validate.sh\n";
  writeFileSync(join(folder, "shop/appspec.yml"), `version: 0.0\nos: linux\n${files}${hooks}`);
  return { script, installed };
}

/** The key of a user who may do what the guide's policy says and no more. */
async function keyOf(name: string, policy: string, folder: string, administrator: Variables): Promise<Variables> {
  writeFileSync(join(folder, "policy.json"), policy);
  const { stdout } = await shell(
    `aws iam create-user --user-name ${name} > /dev/null
aws iam put-user-policy --user-name ${name} --policy-name deploy --policy-document file://policy.json
aws iam create-access-key --user-name ${name} --query 'AccessKey.[AccessKeyId,SecretAccessKey]' --output text`,
    folder,
    administrator,
  );
  const [AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = ""] = stdout.trim().split(/\s+/);
  return { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY };
}

test(
  "a pipeline deploys to a server of one's own by the guides' commands, and fails with what a script said",
  { skip, timeout: 300_000 },
  async (t) => {
    const sluice = new SluiceProcess(t, ["--no-example", "--tls"]);
    await sluice.open();
    await host(t, sluice);
    const administrator = await sluice.environment();
    const folder = join(sluice.folder, "pipeline");
    mkdirSync(folder);
    const { script, installed } = layRevision(folder);
    await shell(administrators("servers-of-your-own", "create-user"), folder, administrator);

    const policy = blocksOf("ci-systems").find(({ language }) => language === "json") ?? assert.fail("a policy");
    const key = await keyOf("ci", policy.code, folder, administrator);
    const [actions, gitlab] = blocksOf("ci-systems").flatMap(({ language, code }) =>
      language === "yaml" ? [parse(code) as { jobs?: Jobs; deploy?: { script: readonly string[] } }] : [],
    );
    const deploy = actions?.jobs?.deploy.steps.find(({ name }) => name === "Deploy")?.run ?? assert.fail("a step");
    const variables = { ...administrator, ...key };

    await shell(deploy, folder, { ...variables, GITHUB_SHA: "a1" });
    assert.equal(readFileSync(join(installed, "greeting"), "utf8"), "hello");
    rmSync(installed, { recursive: true });
    await shell(gitlab?.deploy?.script.join("\n") ?? "", folder, { ...variables, CI_COMMIT_SHA: "b2" });
    assert(existsSync(join(installed, "greeting")));
    writeFileSync(script, "#!/bin/sh\necho the database is not there >&2\nexit 3\n");
    await assert.rejects(
      shell(deploy, folder, { ...variables, GITHUB_SHA: "c3" }),
      ({ code, stdout }: { code: number; stdout: string }) =>
        code === 1 && stdout.includes("the database is not there"),
    );
    await assert.rejects(
      shell("aws deploy delete-application --application-name shop", folder, variables),
      /AccessDenied/,
    );

    await shell(administrators("servers-of-your-own", "add-tags"), folder, administrator);
    await shell(administrators("servers-of-your-own", "deregister"), folder, administrator);
  },
);

interface Jobs {
  readonly deploy: { readonly steps: readonly { readonly name?: string; readonly run?: string }[] };
}
