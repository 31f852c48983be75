import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { whyNoNamespaces } from "../support/why-no-namespaces.ts";
import { eventually } from "../support/eventually.ts";
import { SluiceProcess } from "../support/sluice-process.ts";

const skip = await whyNoNamespaces();
const instances = 3;

/** Processes that were started for a data folder, or whose file systems lie in it. */
function processesOf(folder: string): readonly string[] {
  const mentions = (path: string) => {
    try {
      return readFileSync(path, "utf8").includes(folder);
    } catch {
      return false; // it ended meanwhile
    }
  };
  return readdirSync("/proc").filter(
    (pid) =>
      /^\d+$/.test(pid) &&
      pid !== String(process.pid) &&
      (mentions(`/proc/${pid}/mountinfo`) || mentions(`/proc/${pid}/cmdline`)),
  );
}

const links = () => execFileSync("ip", ["-o", "link"], { encoding: "utf8" }).replace(/ mtu .*/g, "");
const mounts = (folder: string) =>
  readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line.includes(folder));

test(
  "after `sluice down` no process, no mount and no link of the instances remains",
  { skip, timeout: 90_000 },
  async (t) => {
    const linksBefore = links();
    const sluice = new SluiceProcess(t, ["--driver", "ns", "--instances", String(instances)]);
    await sluice.open();
    const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } =
      await sluice.environment();
    const ec2 = new EC2Client({
      endpoint: sluice.url,
      region: "us-east-1",
      credentials: { accessKeyId, secretAccessKey },
    });
    t.after(() => ec2.destroy());
    await eventually("all instances run", async () => {
      const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
      const running = Reservations.flatMap(({ Instances = [] }) => Instances).filter(
        ({ State }) => State?.Name === "running",
      );
      return running.length === instances || undefined;
    });
    const before = processesOf(sluice.folder);
    assert(before.length > 2 * instances, `instances run: ${before.length} processes`);

    const { code, stdout, stderr } = await sluice.cli("down");

    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Stopped process \d+/);
    assert.deepEqual(processesOf(sluice.folder), []);
    assert.deepEqual(mounts(sluice.folder), []);
    assert.equal(links(), linksBefore);
  },
);
