import assert from "node:assert/strict";
import { cpSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { whyMissing } from "../support/why-missing.ts";
import { SluiceProcess } from "../support/sluice-process.ts";

const example = resolve(import.meta.dirname, "../../examples/hello");
const skip = await whyMissing("aws");
const inOrder = [
  "ApplicationStop",
  "DownloadBundle",
  "BeforeInstall",
  "Install",
  "AfterInstall",
  "ApplicationStart",
  "ValidateService",
];

test(
  "the real CLI deploys a revision, replaces it by the next, and reads why a third one failed",
  { skip, timeout: 240_000 },
  async (t) => {
    const sluice = new SluiceProcess(t, ["--no-example", "--driver", "ns"]);
    await sluice.open();
    const revision = (version: string, change: (folder: string) => void = () => {}) => {
      const folder = join(sluice.folder, `shop-${version}`);
      cpSync(example, folder, { recursive: true });
      writeFileSync(join(folder, "app/VERSION"), version);
      change(folder);
      return folder;
    };
    const push = async (version: string, folder: string) => {
      const pushed = await sluice.aws(
        "deploy",
        "push",
        "--application-name",
        "shop",
        "--source",
        folder,
        "--s3-location",
        `s3://revisions/shop-${version}.zip`,
      );
      const location = /--s3-location (\S+)/.exec(pushed)?.[1];
      assert(location, pushed);
      return location;
    };
    const create = (location: string) =>
      sluice.aws(
        "deploy",
        "create-deployment",
        "--application-name",
        "shop",
        "--deployment-group-name",
        "web",
        "--s3-location",
        location,
        "--query",
        "deploymentId",
        "--output",
        "text",
      );
    const target = async (deployment: string, id: string) =>
      JSON.parse(
        await sluice.aws(
          "deploy",
          "get-deployment-target",
          "--deployment-id",
          deployment,
          "--target-id",
          id,
          "--query",
          "deploymentTarget.instanceTarget",
        ),
      );

    await t.test("three instances, an application and a deployment group", async () => {
      const image = await sluice.aws("ec2", "describe-images", "--query", "Images[0].ImageId", "--output", "text");
      await sluice.aws(
        "ec2",
        "run-instances",
        "--image-id",
        image,
        "--count",
        "3",
        "--tag-specifications",
        "ResourceType=instance,Tags=[{Key=Role,Value=web}]",
      );
      await sluice.aws("s3", "mb", "s3://revisions");
      await sluice.aws("deploy", "create-application", "--application-name", "shop");
      await sluice.aws(
        "deploy",
        "create-deployment-group",
        "--application-name",
        "shop",
        "--deployment-group-name",
        "web",
        "--ec2-tag-filters",
        "Key=Role,Value=web,Type=KEY_AND_VALUE",
        "--service-role-arn",
        "arn:aws:iam::123456789012:role/deploy",
      );
    });
    const instances = (
      await sluice.aws(
        "ec2",
        "describe-instances",
        "--query",
        "Reservations[].Instances[].InstanceId",
        "--output",
        "text",
      )
    ).split(/\s+/);
    assert.equal(instances.length, 3);

    let first = "";
    await t.test("version 1 is pushed, deployed and answers on every instance", async () => {
      first = await create(await push("1", revision("1")));
      await sluice.aws("deploy", "wait", "deployment-successful", "--deployment-id", first);

      for (const id of instances) {
        const { status, lifecycleEvents } = await target(first, id);
        assert.equal(status, "Succeeded");
        assert.deepEqual(
          lifecycleEvents.map((event: { lifecycleEventName: string }) => event.lifecycleEventName),
          inOrder,
        );
        assert.match(
          (
            await sluice.cli(
              "exec",
              id,
              "--",
              "node",
              "-e",
              "fetch('http://127.0.0.1:8080').then(r=>r.text()).then(console.log)",
            )
          ).stdout,
          /version 1,/,
        );
      }
    });

    let second = "";
    await t.test("version 2 replaces it, and version 1's ApplicationStop runs", async () => {
      second = await create(await push("2", revision("2")));
      await sluice.aws("deploy", "wait", "deployment-successful", "--deployment-id", second);

      for (const id of instances) {
        assert.match(
          (
            await sluice.cli(
              "exec",
              id,
              "--",
              "node",
              "-e",
              "fetch('http://127.0.0.1:8080').then(r=>r.text()).then(console.log)",
            )
          ).stdout,
          /version 2,/,
        );
        const logs = await sluice.cli(
          "exec",
          id,
          "--",
          "sh",
          "-c",
          `cat /opt/codedeploy-agent/deployment-root/*/${second}/logs/scripts.log`,
        );
        assert.match(
          logs.stdout,
          /LifecycleEvent - ApplicationStop\n.*Script - scripts\/stop\.sh\n.*\[stdout\]stopped, process \d+/,
        );
      }
    });

    await t.test("a script that fails on the second of three hosts ends the deployment, and says why", async () => {
      const folder = revision("3", (at) => {
        writeFileSync(
          join(at, "appspec.yml"),
          "version: 0.0\nos: linux\nhooks:\n  AfterInstall:\n    - location: scripts/after.sh\n",
        );
        writeFileSync(
          join(at, "scripts/after.sh"),
          "#!/bin/bash\n[ -e /var/refuse ] || exit 0\necho 'no room on this host' >&2\nexit 7\n",
          { mode: 0o755 },
        );
      });
      // Hosts of one class start in random order, so a script fails if another host has succeeded before it starts.
      writeFileSync(
        join(folder, "scripts/after.sh"),
        "#!/bin/bash\n[ -e /var/refuse ] || exit 0\necho 'no room on this host' >&2\nexit 7\n",
        { mode: 0o755 },
      );
      for (const id of instances.slice(1)) await sluice.cli("exec", id, "--", "touch", "/var/refuse");
      const failed = await create(await push("3", folder));
      const waited = await sluice.tryAws("deploy", "wait", "deployment-successful", "--deployment-id", failed);

      assert.equal(waited.code, 255, "the waiter fails with the deployment");
      const info = JSON.parse(
        await sluice.aws("deploy", "get-deployment", "--deployment-id", failed, "--query", "deploymentInfo"),
      );
      assert.equal(info.status, "Failed");
      assert.equal(info.errorInformation.code, "HEALTH_CONSTRAINTS");
      assert.equal(info.deploymentOverview.Failed, 1);
      const shown = await sluice.cli("watch", failed);
      assert.equal(shown.code, 1);
      assert.match(
        shown.stdout,
        /AfterInstall: .*scripts\/after\.sh.* failed with exit code 7[^]*no room on this host/,
      );
    });

    await t.test(
      "list-deployments shows the newest first, and a deployment that is over cannot be stopped",
      async () => {
        const listed = (
          await sluice.aws(
            "deploy",
            "list-deployments",
            "--application-name",
            "shop",
            "--deployment-group-name",
            "web",
            "--query",
            "deployments",
            "--output",
            "text",
          )
        ).split(/\s+/);
        assert.deepEqual(listed.slice(1), [second, first]);
        assert.match(
          (await sluice.tryAws("deploy", "stop-deployment", "--deployment-id", first)).stderr,
          /DeploymentAlreadyCompletedException/,
        );
      },
    );

    await t.test("a deployment that is stopped lets the running script end and reaches no other host", async () => {
      for (const id of instances) await sluice.cli("exec", id, "--", "rm", "-f", "/var/refuse");
      const folder = revision("4", (at) => {
        writeFileSync(
          join(at, "appspec.yml"),
          "version: 0.0\nos: linux\nhooks:\n  BeforeInstall:\n    - location: scripts/slow.sh\n",
        );
        writeFileSync(
          join(at, "scripts/slow.sh"),
          "#!/bin/bash\ntouch /var/slow\nuntil [ -e /var/enough ]; do sleep 0.1; done\n",
          { mode: 0o755 },
        );
      });
      const slow = await create(await push("4", folder));
      const begun = async () =>
        (await Promise.all(instances.map((id) => sluice.cli("exec", id, "--", "test", "-e", "/var/slow")))).some(
          ({ code }) => code === 0,
        );
      while (!(await begun())) {
        // exec itself takes a moment: this does not spin
      }
      await sluice.aws("deploy", "stop-deployment", "--deployment-id", slow);
      for (const id of instances) await sluice.cli("exec", id, "--", "touch", "/var/enough");
      await sluice.tryAws("deploy", "wait", "deployment-successful", "--deployment-id", slow);

      const info = JSON.parse(
        await sluice.aws("deploy", "get-deployment", "--deployment-id", slow, "--query", "deploymentInfo"),
      );
      assert.equal(info.status, "Stopped");
      assert.equal(info.deploymentOverview.Skipped, 2);
    });
  },
);
