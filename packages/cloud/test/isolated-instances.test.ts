import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  DescribeInstancesCommand,
  EC2Client,
  GetConsoleOutputCommand,
  RebootInstancesCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { type LocalCloud, openLocalCloud } from "./local-cloud.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { whyNoNamespaces } from "../../../test/support/why-no-namespaces.ts";

const skip = await whyNoNamespaces();
const [withAgent, withoutAgent] = ["ami-00000000000000001", "ami-00000000000000002"];

/** User data that installs the agent, as AWS's own page has it. */
const installsAgent = `#!/bin/bash
for attempt in 1 2 3 4 5; do yum -y install wget && break; echo "attempt $attempt failed"; done
cd /home/ec2-user
wget -q https://aws-codedeploy-eu-central-1.s3.eu-central-1.amazonaws.com/latest/install
chmod +x ./install
sudo ./install auto
sudo service codedeploy-agent status
`;

function fleetOf(cloud: LocalCloud, ec2: EC2Client) {
  return {
    launch: async (ImageId: string, count: number, userData?: string): Promise<readonly string[]> => {
      const UserData = userData === undefined ? undefined : Buffer.from(userData).toString("base64");
      const { Instances = [] } = await ec2.send(
        new RunInstancesCommand({
          ImageId,
          MinCount: count,
          MaxCount: count,
          ...(UserData === undefined ? {} : { UserData }),
        }),
      );
      const ids = Instances.map(({ InstanceId = "" }) => InstanceId);
      for (const id of ids)
        await eventually(`${id} runs`, async () => ((await stateOf(ec2, id)) === "running" ? true : undefined));
      return ids;
    },
    console: async (InstanceId: string) =>
      Buffer.from((await ec2.send(new GetConsoleOutputCommand({ InstanceId }))).Output ?? "", "base64").toString(
        "utf8",
      ),
    sh: (id: string, script: string) => cloud.exec(id, "sh", "-c", script),
  };
}

async function stateOf(ec2: EC2Client, id: string): Promise<string | undefined> {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return Reservations[0]?.Instances?.[0]?.State?.Name;
}

test(
  "user data installs the agent over verified TLS, though the package lock is taken at first",
  { skip },
  async (t) => {
    const cloud = await openLocalCloud(t, { driver: "ns", chaos: { packageLocks: 2 } });
    const ec2 = new EC2Client(cloud.client);
    t.after(() => ec2.destroy());
    const { launch, console, sh } = fleetOf(cloud, ec2);

    const [id = ""] = await launch(withoutAgent, 1, installsAgent);
    const output = await eventually("user data ends", async () => {
      const text = await console(id);
      return text.includes("user data ended with") ? text : undefined;
    });

    assert.match(output, /can't create transaction lock on \/var\/lib\/rpm\/\.rpm\.lock/);
    assert.match(output, /attempt 2 failed\n(?!attempt 3)/);
    assert.match(output, /The AWS CodeDeploy agent is running as PID \d+/);
    assert.match(output, /user data ended with 0/);
    assert.equal((await sh(id, "cat /var/log/cloud-init-output.log")).output, output);

    await ec2.send(new RebootInstancesCommand({ InstanceIds: [id] }));
    const status = await eventually("the agent runs after a reboot", async () => {
      const found = await sh(id, "service codedeploy-agent status").catch(() => undefined);
      return found?.code === 0 ? found : undefined;
    });
    assert.match(status.output, /is running/);
    assert.equal(output.match(/user data ended/g)?.length, 1, "user data runs once");
  },
);

test("an image tells whether an instance has the agent", { skip }, async (t) => {
  const cloud = await openLocalCloud(t, { driver: "ns" });
  const ec2 = new EC2Client(cloud.client);
  t.after(() => ec2.destroy());
  const { launch, sh } = fleetOf(cloud, ec2);

  const [[bare = ""], [ready = ""]] = [await launch(withoutAgent, 1), await launch(withAgent, 1)];

  assert.match((await sh(ready, "service codedeploy-agent status")).output, /is running/);
  const found = await sh(bare, "ls -d /opt/codedeploy-agent /etc/init.d/codedeploy-agent /usr/lib/codedeploy-agent");
  assert.equal(found.output.match(/No such file/g)?.length, 3);
});

test("a process of one instance neither sees nor ends one of another", { skip }, async (t) => {
  const cloud = await openLocalCloud(t, { driver: "ns" });
  const ec2 = new EC2Client(cloud.client);
  t.after(() => ec2.destroy());
  const { launch, sh } = fleetOf(cloud, ec2);
  const [one = "", other = ""] = await launch(withoutAgent, 2);
  const start = "nohup sleep 86399 > /dev/null 2>&1 & echo $!";
  const pid = (await sh(other, start)).output.trim();

  const seen = await sh(one, "ps -ef");
  assert.doesNotMatch(seen.output, /86399/);
  const ended = await sh(one, `pkill -9 sleep; ps -ef | grep -c 8639[9]; kill -9 -1`);
  assert.match(ended.output, /^0$/m);

  assert.match((await sh(other, `cat /proc/${pid}/cmdline | tr '\\0' ' '`)).output, /sleep 86399/);
});

test("an instance sees nothing of the host's homes, and its own files stay its own", { skip }, async (t) => {
  const cloud = await openLocalCloud(t, { driver: "ns" });
  const ec2 = new EC2Client(cloud.client);
  t.after(() => ec2.destroy());
  const { launch, sh } = fleetOf(cloud, ec2);
  const [one = "", other = ""] = await launch(withoutAgent, 2);

  await sh(one, "echo secret > /root/file; echo mine > /usr/bin/mine; chmod +x /usr/bin/mine");

  assert.equal((await sh(other, "cat /root/file /usr/bin/mine")).code, 1);
  assert.equal(existsSync("/usr/bin/mine"), false);
  assert.equal((await sh(one, "ls /home")).output.trim(), "ec2-user");
  assert.match(
    (await sh(one, "hostname; getent hosts codedeploy.us-east-1.amazonaws.com")).output,
    /^ip-172-31-\d+-\d+\n172\.31\.0\.1/,
  );
  const either = "for way in http https; do curl -sS -o /dev/null -w '%{http_code} ' $way://172.31.0.1:$0/; done";
  assert.match((await sh(one, either.replace("$0", new URL(cloud.client.endpoint).port))).output, /^(\d{3}) \1 $/);
});

test(
  "an instance that takes another's address, or the gateway's, is nobody; and has no rights beyond itself",
  { skip },
  async (t) => {
    const cloud = await openLocalCloud(t, { driver: "ns" });
    const ec2 = new EC2Client(cloud.client);
    t.after(() => ec2.destroy());
    const { launch, sh } = fleetOf(cloud, ec2);
    const [one = "", other = "", third = ""] = await launch(withoutAgent, 3);
    const addressOf = async (id: string) =>
      (await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))).Reservations?.[0]?.Instances?.[0]
        ?.PrivateIpAddress ?? "";
    const at = "http://169.254.169.254/latest";
    const whoAmI = (options = "") =>
      `t=$(curl -s -m 2 ${options} -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' ${at}/api/token); curl -s -m 2 ${options} -H "X-aws-ec2-metadata-token: $t" ${at}/meta-data/instance-id; echo`;
    const { port } = new URL(cloud.client.endpoint);
    const address = await addressOf(other);

    // Root of an instance may do with its own link as it likes, and reaches the others.
    assert.equal((await sh(one, whoAmI())).output.trim(), one);
    assert.equal(
      (
        await sh(
          one,
          `ip link add d0 type veth peer name d1 && ip addr add 10.9.8.7/24 dev d0 && mount -t tmpfs x /mnt`,
        )
      ).code,
      0,
    );
    await sh(
      other,
      `echo hello > /tmp/hello; cd /tmp; setsid node -e '
    require("node:http").createServer((q, r) => r.end("hello")).listen(8080, "0.0.0.0")' > /dev/null 2>&1 &`,
    );
    await eventually("the other one answers", async () =>
      (await sh(one, `curl -s -m 2 http://${address}:8080/`)).output === "hello" ? true : undefined,
    );

    const take = (ip: string) => `ip addr add ${ip}/32 dev eth0; ip addr add ${ip}/16 dev eth0; ip neigh flush all`;
    const asOther = await sh(one, `${take(address)}; ${whoAmI(`--interface ${address}`)}`);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [other] }));
    await eventually("it is gone", async () => ((await stateOf(ec2, other)) === "terminated" ? true : undefined));
    const asGone = await sh(one, whoAmI(`--interface ${address}`));
    assert.deepEqual([asOther.output.trim(), asGone.output.trim()], ["", ""]);

    const server = `require("node:http").createServer((q, r) => r.end("forged")).listen(${port}, "0.0.0.0")`;
    await sh(
      one,
      `${take("172.31.0.1")}; ip link set eth0 down; ip link set eth0 up; setsid node -e '${server}' > /dev/null 2>&1 &`,
    );
    const asked = `for i in 1 2 3 4 5; do ip neigh flush all; curl -s -m 3 http://172.31.0.1:${port}/; done`;
    assert.doesNotMatch((await sh(third, asked)).output, /forged/);
    assert.equal((await sh(third, whoAmI())).output.trim(), third);

    // The rights of its root end at its own: the link's other end is in a network that it may not change.
    const reach = await sh(
      one,
      "ip link add peer type veth peer name spy netns 1; chmod 0 /usr/local/bin/node; mount -o remount,bind,rw /usr/local/bin/node",
    );
    assert.notEqual(reach.code, 0);
    assert.equal((await sh(third, "node --version")).code, 0);
  },
);

test("root of an instance sees and changes no cgroup, which are others' as well", { skip }, async (t) => {
  const cloud = await openLocalCloud(t, { driver: "ns" });
  const ec2 = new EC2Client(cloud.client);
  t.after(() => ec2.destroy());
  const { launch, sh } = fleetOf(cloud, ec2);
  const [id = ""] = await launch(withoutAgent, 1);

  const tries = [
    "unshare -C true",
    "unshare -UrC true",
    "echo 9 > /proc/sys/user/max_cgroup_namespaces; unshare -C true",
    "unshare -m mount -t cgroup2 x /mnt",
    "unshare -m mount -t cgroup -o memory x /mnt",
    "unshare -Urm mount -t cgroup2 x /mnt",
  ];
  for (const one of tries) assert.notEqual((await sh(id, one)).code, 0, one);

  assert.match((await sh(id, "ls /sys/fs/cgroup; unshare -Um echo namespaces")).output, /^namespaces$/m);
});

/** Processes whose file systems lie in a folder: every one that our instances are made of, and no other. */
function processesWithin(folder: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/mountinfo`, "utf8").includes(folder);
      } catch {
        return false; // gone meanwhile
      }
    })
    .map(Number);
}

test("when what carries the instances is killed, no process and no mount of theirs remains", { skip }, async (t) => {
  const cloud = await openLocalCloud(t, { driver: "ns" });
  const ec2 = new EC2Client(cloud.client);
  t.after(() => ec2.destroy());
  const { launch, sh } = fleetOf(cloud, ec2);
  const ids = await launch(withAgent, 2);
  await sh(ids[0] ?? "", "setsid nohup sleep 86398 > /dev/null 2>&1 &");
  const before = processesWithin(cloud.folder);
  assert(before.length >= 2 * ids.length, `instances run: ${before.length} processes`);

  for (const pid of before) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It went with the one before.
    }
  }

  await eventually(
    "all processes are gone",
    async () => (processesWithin(cloud.folder).length === 0 ? true : undefined),
    5,
  );
  assert.doesNotMatch(readFileSync("/proc/self/mountinfo", "utf8"), new RegExp(cloud.folder));
});

test("a terminated instance leaves neither processes nor its disk", { skip }, async (t) => {
  const cloud = await openLocalCloud(t, { driver: "ns" });
  const ec2 = new EC2Client(cloud.client);
  t.after(() => ec2.destroy());
  const [id = ""] = await fleetOf(cloud, ec2).launch(withoutAgent, 1);

  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));

  await eventually("it is gone", async () => ((await stateOf(ec2, id)) === "terminated" ? true : undefined));
  assert.equal(existsSync(join(cloud.folder, "cloud/ns/instances", id)), false);
});
