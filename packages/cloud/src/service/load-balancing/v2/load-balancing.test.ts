import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CreateTargetGroupCommand,
  DeleteListenerCommand,
  DeleteTargetGroupCommand,
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  ModifyTargetGroupAttributesCommand,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { openLocalCloud } from "../../../../test/local-cloud.ts";
import { eventually } from "../../../../../../test/support/eventually.ts";
import { whyMissing } from "../../../../../../test/support/why-missing.ts";
import { freePort, openBackend, openBalanced } from "../../../../test/targets.ts";

const noAws = await whyMissing("aws");
const delay = (seconds: number) => [{ Key: "deregistration_delay.timeout_seconds", Value: String(seconds) }];

test("the aws CLI builds a load balancer, waits for its target, and for its leaving", { skip: noAws }, async (t) => {
  let later = 0;
  const cloud = await openLocalCloud(t, { clock: () => Date.now() + later });
  const backend = await openBackend(t, (_, response) => response.end("hello"));
  const text = async (...words: string[]) => cloud.aws("elbv2", ...words, "--output", "text");
  const port = String(await freePort());
  const target = `Id=127.0.0.1,Port=${backend.port}`;

  const group = await text(
    ...["create-target-group", "--name", "web", "--protocol", "HTTP", "--port", "8080", "--target-type", "ip"],
    ...[
      "--vpc-id",
      "vpc-00000000000000001",
      "--health-check-interval-seconds",
      "5",
      "--health-check-timeout-seconds",
      "2",
    ],
    ...["--query", "TargetGroups[0].TargetGroupArn"],
  );
  const subnets = ["subnet-0000000000000000a", "subnet-0000000000000000b"];
  const balancer = await text(
    "create-load-balancer",
    "--name",
    "web",
    "--subnets",
    ...subnets,
    "--query",
    "LoadBalancers[0].LoadBalancerArn",
  );
  await text("wait", "load-balancer-available", "--load-balancer-arns", balancer);
  await text(
    "create-listener",
    "--load-balancer-arn",
    balancer,
    "--protocol",
    "HTTP",
    "--port",
    port,
    "--default-actions",
    `Type=forward,TargetGroupArn=${group}`,
  );
  await text("register-targets", "--target-group-arn", group, "--targets", target);
  await text("wait", "target-in-service", "--target-group-arn", group, "--targets", target);
  const hostname = await text("describe-load-balancers", "--names", "web", "--query", "LoadBalancers[0].DNSName");

  assert.match(hostname, /^web-\d+\.us-east-1\.elb\.localhost$/);
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  assert.equal(await answer.text(), "hello");

  await text("deregister-targets", "--target-group-arn", group, "--targets", target);
  const draining = await text(
    "describe-target-health",
    "--target-group-arn",
    group,
    "--query",
    "TargetHealthDescriptions[0].TargetHealth.State",
  );
  later = 300_000; // the delay that target groups have at first
  await text("wait", "target-deregistered", "--target-group-arn", group, "--targets", target);
  assert.equal(draining, "draining");
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 503);
});

test("a draining target stays for the whole delay, and registering it again cancels that", async (t) => {
  let now = Date.now();
  const cloud = await openLocalCloud(t, { clock: () => now });
  const backend = await openBackend(t, (_, response) => response.end("hello"));
  const { elb, group: TargetGroupArn, join, states, url } = await openBalanced(t, cloud);
  const Targets = [backend.target];
  await elb.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes: delay(300) }));
  await join(backend);

  await elb.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets }));
  assert.equal((await fetch(url)).status, 503);
  now += 299_000;
  assert.deepEqual(await states(), ["draining Target.DeregistrationInProgress"]);
  await elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets }));
  await join(backend);
  now += 2_000;
  assert.deepEqual(await states(), ["healthy"]);

  await elb.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets }));
  now += 300_001;
  assert.deepEqual(await states(), []);
  const { TargetHealthDescriptions } = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn, Targets }));
  assert.equal(TargetHealthDescriptions?.[0]?.TargetHealth?.Reason, "Target.NotRegistered");
});

test("deregistering without a port leaves a target on another port where it is", async (t) => {
  const cloud = await openLocalCloud(t);
  const backend = await openBackend(t, (_, response) => response.end("hello"));
  const { elb, group: TargetGroupArn, join, states } = await openBalanced(t, cloud);
  await join(backend);

  await elb.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: "127.0.0.1" }] }));

  assert.deepEqual(await states(), ["healthy"]);
});

test("a target group without a listener is not in use, and one with a listener cannot be deleted", async (t) => {
  const cloud = await openLocalCloud(t);
  const backend = await openBackend(t, (_, response) => response.end("hello"));
  const { elb, group: TargetGroupArn, listener, join, states } = await openBalanced(t, cloud);
  await join(backend);

  await assert.rejects(elb.send(new DeleteTargetGroupCommand({ TargetGroupArn })), { name: "ResourceInUseException" });
  await elb.send(new DeleteListenerCommand({ ListenerArn: listener }));

  assert.deepEqual(await states(), ["unused Target.NotInUse"]);
  await elb.send(new DeleteTargetGroupCommand({ TargetGroupArn }));
  await assert.rejects(elb.send(new DescribeTargetHealthCommand({ TargetGroupArn })), {
    name: "TargetGroupNotFoundException",
  });
});

test("a target that answers otherwise than wanted is unhealthy, with AWS's reason, and serves when there is no better one", async (t) => {
  const cloud = await openLocalCloud(t);
  const backend = await openBackend(t, ({ url }, response) => {
    response.statusCode = url === "/health" ? 500 : 200;
    response.end("hello");
  });
  const { elb, group: TargetGroupArn, states, url } = await openBalanced(t, cloud, { HealthCheckPath: "/health" });
  await elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [backend.target] }));

  await eventually("it is unhealthy", async () => ((await states())[0]?.startsWith("unhealthy") ? true : undefined));

  const { TargetHealthDescriptions } = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
  assert.deepEqual(TargetHealthDescriptions?.[0]?.TargetHealth, {
    State: "unhealthy",
    Reason: "Target.ResponseCodeMismatch",
    Description: "Health checks failed with these codes: [500]",
  });
  assert.equal(await (await fetch(url)).text(), "hello");
});

test("what may not be is refused in AWS's words", async (t) => {
  const cloud = await openLocalCloud(t);
  const { elb, group: TargetGroupArn } = await openBalanced(t, cloud);
  const make = (fields: object) =>
    elb.send(
      new CreateTargetGroupCommand({
        ...{ Name: "other", Protocol: "HTTP", Port: 80, VpcId: "vpc-00000000000000001" },
        ...fields,
      }),
    );

  await assert.rejects(make({ Name: "web" }), { name: "DuplicateTargetGroupNameException" });
  await assert.rejects(make({ Name: "-web" }), { name: "ValidationError" });
  await assert.rejects(make({ Port: 0 }), { name: "ValidationError" });
  await assert.rejects(
    elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: "8.8.8.8", Port: 53 }] })),
    { name: "ValidationError" },
  );
});
