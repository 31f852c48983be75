import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { Agent } from "node:https";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { CodeDeployClient, ListApplicationsCommand } from "@aws-sdk/client-codedeploy";
import { whyMissing } from "../support/why-missing.ts";
import { SluiceProcess } from "../support/sluice-process.ts";

const run = promisify(execFile);
const example = resolve(import.meta.dirname, "../../examples/hello");
const skip = await whyMissing("aws");

test(
  "with --tls the CLI, SDKs, our own commands and a host's agent work over HTTPS, and HTTP stays",
  { skip, timeout: 120_000 },
  async (t) => {
    const sluice = new SluiceProcess(t, ["--no-example", "--tls", "--driver", "plain"]);
    await sluice.open();
    const variables = await sluice.environment();
    const { AWS_ENDPOINT_URL: endpoint = "", AWS_CA_BUNDLE: bundle = "" } = variables;
    const own = async (...words: readonly string[]) => {
      const { stdout } = await run("sh", ["-c", `exec ${sluice.command} ${words.join(" ")}`], {
        env: { ...process.env, ...variables },
      });
      return stdout;
    };

    await t.test("what a shell is told names HTTPS and a certificate that has no key beside it", () => {
      assert.equal(endpoint, sluice.url.replace("http:", "https:"));
      assert.match(readFileSync(bundle, "utf8"), /^-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n$/);
    });

    await t.test("the CLI sends a big object in parts, unsigned ones with a checksum behind them", async () => {
      const content = randomBytes(30 * 1024 * 1024);
      const [up, down] = [join(sluice.folder, "up"), join(sluice.folder, "down")];
      writeFileSync(up, content);

      await sluice.aws("s3", "mb", "s3://shelf");
      const { stderr, code } = await sluice.tryAws("s3", "cp", "--debug", up, "s3://shelf/big");
      await sluice.aws("s3", "cp", "--only-show-errors", "s3://shelf/big", down);

      assert.equal(code, 0, stderr.slice(-2000));
      assert.match(stderr, /STREAMING-UNSIGNED-PAYLOAD-TRAILER/);
      assert(readFileSync(down).equals(content), "what comes back is what was sent");
    });

    await t.test("the CLI pushes a revision, and lists it", async () => {
      const source = join(sluice.folder, "shop");
      cpSync(example, source, { recursive: true });
      await sluice.aws("deploy", "create-application", "--application-name", "shop");
      const words = ["--application-name", "shop", "--source", source, "--s3-location", "s3://shelf/shop.zip"];

      await sluice.aws("deploy", "push", ...words);

      const query = ["--query", "revisions[].s3Location.key", "--output", "text"];
      assert.equal(
        await sluice.aws("deploy", "list-application-revisions", "--application-name", "shop", ...query),
        "shop.zip",
      );
    });

    await t.test("an SDK that trusts the certificate works, and one that does not is refused", async () => {
      const list = async (options: { ca?: string }) => {
        const client = new CodeDeployClient({
          endpoint,
          region: variables.AWS_REGION ?? "",
          credentials: {
            accessKeyId: variables.AWS_ACCESS_KEY_ID ?? "",
            secretAccessKey: variables.AWS_SECRET_ACCESS_KEY ?? "",
          },
          requestHandler: { httpsAgent: new Agent(options) },
          maxAttempts: 1,
        });
        return (await client.send(new ListApplicationsCommand({})).finally(() => client.destroy())).applications;
      };

      assert.deepEqual(await list({ ca: readFileSync(bundle, "utf8") }), ["shop"]);
      await assert.rejects(list({}), /self-signed certificate in certificate chain/);
    });

    await t.test("plain HTTP answers on the same port", async () => {
      assert.equal((await fetch(sluice.url)).status, 200);
    });

    await t.test("an agent is deployed to over HTTPS, by our own commands", async (step) => {
      const host = join(sluice.folder, "host");
      const installed = join(sluice.folder, "installed");
      const command = /^ {2}(.*curl .*)$/m.exec(await own("register", "db-1", "--tag", "Role=db"))?.[1];
      assert(command);
      // A certificate of another authority, as an attacker in between would have: the host refuses it.
      const forged = command.replace(/echo "\w{64}/, `echo "${"0".repeat(64)}`);
      const options = { env: { PATH: process.env.PATH, TMPDIR: sluice.folder } };
      await assert.rejects(run("bash", ["-c", `${forged} --root ${host}`], options), /checksum did NOT match/);
      assert.equal(existsSync(host), false);
      await run("bash", ["-c", `${command} --root ${host}`], options);
      const configuration = join(host, "etc/codedeploy-agent/conf/codedeployagent.yml");
      assert.match(readFileSync(configuration, "utf8"), new RegExp(`^:deploy_control_endpoint: '${endpoint}'$`, "m"));
      const program = join(host, "opt/codedeploy-agent/bin/codedeploy-agent.cjs");
      const agent = spawn(process.execPath, [program, "--config_file", configuration, "run"], {
        stdio: "ignore",
        env: { PATH: process.env.PATH },
      });
      step.after(async () => {
        const gone = once(agent, "exit");
        if (agent.exitCode === null && agent.kill("SIGKILL")) await gone;
      });
      const revision = join(sluice.folder, "revision");
      mkdirSync(revision);
      const files = `files:\n  - source: /greeting\n    destination: ${installed}\n`;
      writeFileSync(join(revision, "appspec.yml"), `version: 0.0\nos: linux\n${files}`);
      writeFileSync(join(revision, "greeting"), "hello");
      await sluice.aws(
        ...["deploy", "create-deployment-group", "--application-name", "shop", "--deployment-group-name", "all"],
        ...["--service-role-arn", "arn:aws:iam::123456789012:role/deploy"],
        ...["--on-premises-instance-tag-filters", "Key=Role,Value=db,Type=KEY_AND_VALUE"],
      );

      await own("deploy", revision);

      assert.equal(readFileSync(join(installed, "greeting"), "utf8"), "hello");
      assert.match(await own("audit"), /codedeploy:CreateDeployment /);
    });
  },
);

test(
  "a server on all addresses is reached by this machine at one that its certificate names",
  { timeout: 60_000 },
  async (t) => {
    const sluice = new SluiceProcess(t, ["--no-example", "--tls", "--listen", "0.0.0.0"]);
    await sluice.open();

    const { AWS_ENDPOINT_URL } = await sluice.environment();

    assert.equal(AWS_ENDPOINT_URL, `https://127.0.0.1:${sluice.port}`);
  },
);
