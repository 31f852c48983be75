import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DescribeInstancesCommand,
  EC2Client,
  RunInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { RegisterTargetsCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { openLocalCloud } from "./local-cloud.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { whyNoNamespaces } from "../../../test/support/why-no-namespaces.ts";
import { openBalanced } from "./targets.ts";

const skip = await whyNoNamespaces();

/** Listens on 8080, in the background, and tells its host's name. */
const application = `echo 'require("http").createServer((_, r) => r.end(require("os").hostname())).listen(8080)' > /root/app.cjs
nohup node /root/app.cjs > /dev/null 2>&1 < /dev/null &
until curl -fsS localhost:8080 > /dev/null; do sleep 0.05; done`;

test("a load balancer reaches isolated instances, and leaves one that has stopped", { skip }, async (t) => {
  const cloud = await openLocalCloud(t, { driver: "ns" });
  const ec2 = new EC2Client(cloud.client);
  t.after(() => ec2.destroy());
  const { elb, group: TargetGroupArn, states, url } = await openBalanced(t, cloud, { TargetType: "instance" });
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({ ImageId: "ami-00000000000000001", MinCount: 2, MaxCount: 2 }),
  );
  const ids = Instances.map(({ InstanceId = "" }) => InstanceId);
  await eventually("they run", async () => {
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: ids }));
    return Reservations[0]?.Instances?.every(({ State }) => State?.Name === "running") === true ? true : undefined;
  });
  await assert.rejects(
    elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: "i-00000000000000000" }] })),
    { name: "InvalidTargetException" },
  );
  for (const id of ids) assert.equal((await cloud.exec(id, "sh", "-c", application)).code, 0);

  await elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: ids.map((Id) => ({ Id })) }));
  await eventually("both are healthy", async () => ((await states()).join() === "healthy,healthy" ? true : undefined));
  const ask = async () => (await fetch(url)).text();
  assert.equal(new Set([await ask(), await ask()]).size, 2);

  await ec2.send(new StopInstancesCommand({ InstanceIds: ids.slice(0, 1) }));
  await eventually("the stopped one is not used", async () =>
    (await states())[0] === "unused Target.InvalidState" ? true : undefined,
  );
  assert.equal(new Set([await ask(), await ask(), await ask()]).size, 1);
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids }));
  await eventually("terminated ones are no targets", async () => ((await states()).length === 0 ? true : undefined));
});
