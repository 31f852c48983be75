import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { whyMissing } from "../support/why-missing.ts";
import { openServerFixture, region } from "../support/server-fixture.ts";
import { newUser } from "./principals.ts";

const run = promisify(execFile);

// AWS's own CLI installs on Ubuntu and Red Hat only, and checks the system first. So it runs in a mount namespace that looks
// like Ubuntu: with an /etc of its own, and with programs that record their arguments in the place of the package manager and
// the service manager.

const enter = ["--user", "--map-root-user", "--mount"];
const script = `set -e
mount -t tmpfs tmpfs "$1/disk"
mkdir "$1/disk/upper" "$1/disk/work"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/disk/upper,workdir=$1/disk/work" /etc
printf 'DISTRIB_ID=Ubuntu\\nDISTRIB_RELEASE=22.04\\nDISTRIB_CODENAME=jammy\\n' > /etc/lsb-release
shift
"$@"`;
const isAllowed =
  spawnSync("unshare", [
    ...enter,
    "sh",
    "-c",
    "mount -t tmpfs tmpfs /mnt && mkdir /mnt/u /mnt/w && mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/u,workdir=/mnt/w /etc",
  ]).status === 0;
const skip =
  (await whyMissing("aws")) || (!isAllowed && "this system lets nobody mount anything in a namespace of his own");

test(
  "aws deploy install and uninstall run unmodified where AWS's CLI installs at all",
  { skip, timeout: 60_000 },
  async (t) => {
    const sluice = await openServerFixture(t);
    const folder = mkdtempSync(join(tmpdir(), "sluice-install-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    for (const name of ["disk", "bin", "cwd"]) mkdirSync(join(folder, name));
    const noted = join(folder, "noted");
    for (const name of ["apt-get", "service", "dpkg"])
      writeFileSync(join(folder, "bin", name), `#!/bin/sh\necho ${name} "$@" >> ${noted}\n`, { mode: 0o755 });
    const key = await newUser(sluice, "ann", { Effect: "Allow", Action: "s3:GetObject", Resource: "*" });
    const s3 = new S3Client({ ...sluice.as(), forcePathStyle: true });
    t.after(() => s3.destroy());
    const installer = `#!/bin/sh\necho installer "$@" "$AWS_REGION" "$AWS_ACCESS_KEY_ID" >> ${noted}\n`;
    await s3.send(new CreateBucketCommand({ Bucket: "tools" }));
    await s3.send(new PutObjectCommand({ Bucket: "tools", Key: "agent/install", Body: installer }));
    const configuration = "---\nregion: eu-west-1\niam_user_arn: arn:aws:iam::123456789012:user/db-1\n";
    writeFileSync(join(folder, "given.yml"), configuration);
    const installed = "/etc/codedeploy-agent/conf/codedeploy.onpremises.yml";
    const install = `aws deploy install --config-file ${folder}/given.yml --agent-installer s3://tools/agent/install --region ${region}`;
    const steps = `${install} && cat ${installed} && aws deploy uninstall --region ${region} && test ! -e ${installed}`;

    const { stdout, stderr } = await run("unshare", [...enter, "sh", "-c", script, "sh", folder, "sh", "-c", steps], {
      cwd: join(folder, "cwd"),
      env: {
        PATH: `${join(folder, "bin")}:${process.env.PATH ?? ""}`,
        HOME: folder,
        AWS_STARTS_ANEW: "1",
        AWS_ENDPOINT_URL: sluice.url,
        AWS_ACCESS_KEY_ID: key.accessKeyId,
        AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
        AWS_EC2_METADATA_DISABLED: "true",
      },
    });

    assert.equal(stderr, "");
    assert.equal(
      stdout,
      `Creating the on-premises instance configuration file... DONE\nInstalling the AWS CodeDeploy Agent... DONE\n${configuration}` +
        "Uninstalling the AWS CodeDeploy Agent... DONE\nDeleting the on-premises instance configuration... DONE\n",
    );
    assert.deepEqual(readFileSync(noted, "utf8").trim().split("\n"), [
      "apt-get -y update",
      "apt-get -y install ruby2.0",
      "service codedeploy-agent stop",
      `installer auto ${region} ${key.accessKeyId}`,
      "service codedeploy-agent stop",
      "dpkg -r codedeploy-agent",
    ]);
  },
);
