import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { test } from "node:test";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { eventually } from "../support/eventually.ts";
import { SluiceProcess } from "../support/sluice-process.ts";

test("after a power cut listeners come back, and a target that was healthy serves at once", async (t) => {
  const sluice = new SluiceProcess(t, ["--no-example", "--driver", "plain"]);
  await sluice.open();
  const backend = createServer((_, response) => response.end("hello")).listen(0, "127.0.0.1");
  await once(backend, "listening");
  t.after(() => backend.close());
  const target = { Id: "127.0.0.1", Port: (backend.address() as AddressInfo).port }; // it listens on TCP
  const elb = new ElasticLoadBalancingV2Client(await sluice.clientOptions());
  t.after(() => elb.destroy());
  const { TargetGroups } = await elb.send(
    new CreateTargetGroupCommand({
      Name: "web",
      Protocol: "HTTP",
      Port: 80,
      VpcId: "vpc-00000000000000001",
      TargetType: "ip",
      HealthCheckIntervalSeconds: 300,
    }),
  );
  const TargetGroupArn = TargetGroups?.[0]?.TargetGroupArn;
  const Subnets = ["subnet-0000000000000000a", "subnet-0000000000000000b"];
  const { LoadBalancers } = await elb.send(new CreateLoadBalancerCommand({ Name: "web", Subnets }));
  const Port = await freePort();
  await elb.send(
    new CreateListenerCommand({
      LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn,
      Protocol: "HTTP",
      Port,
      DefaultActions: [{ Type: "forward", TargetGroupArn }],
    }),
  );
  const state = async () => {
    const { TargetHealthDescriptions } = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
    return TargetHealthDescriptions?.[0]?.TargetHealth?.State;
  };
  await elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [target] }));
  await eventually("the target is healthy", async () => ((await state()) === "healthy" ? true : undefined));

  await sluice.kill();
  await sluice.open();
  await eventually("the listener is open", () => isOpen(Port));

  assert.equal(await (await fetch(`http://127.0.0.1:${Port}/`)).text(), "hello");
  assert.equal(await state(), "healthy");
});

async function isOpen(port: number): Promise<true | undefined> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP
  server.close();
  await once(server, "close");
  return port;
}
