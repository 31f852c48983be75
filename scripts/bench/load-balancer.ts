import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { setTimeout as pause } from "node:timers/promises";
import { atLeast, type Figure, median } from "./figure.ts";
import { startSluice } from "./measured-sluice.ts";

const connections = 32;
const roundMilliseconds = 3_000;
const rounds = 3;

/** How much of the direct throughput is left behind a load balancer: each way measured in turn, so that all meet the same noise. */
export async function loadBalancer(): Promise<readonly Figure[]> {
  const backendPort = await freePort();
  const backend = spawn(process.execPath, [join(import.meta.dirname, "backend.ts"), String(backendPort)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(backend.stdout, "data");
  const hasHaproxy = spawnSync("sh", ["-c", "PATH=/usr/sbin:$PATH command -v haproxy"]).status === 0;
  const ways = [
    { name: "built in", wanted: 0.14, ...(await balanced("builtin", backendPort)), ratios: [] as number[] },
    ...(hasHaproxy
      ? [{ name: "with HAProxy", wanted: 0.35, ...(await balanced("haproxy", backendPort)), ratios: [] as number[] }]
      : []),
  ];
  for (let round = 0; round < rounds; round += 1) {
    const direct = await requestsPerSecond(backendPort);
    for (const way of ways) way.ratios.push((await requestsPerSecond(way.port)) / direct);
  }
  for (const { close } of ways) await close();
  await end(backend);
  return ways.map(({ name, wanted, ratios }) => atLeast(`of direct throughput, ${name}`, median(ratios), wanted, "x"));
}

async function balanced(carrier: "builtin" | "haproxy", backendPort: number) {
  const sluice = await startSluice("--no-example", "--driver", "plain", "--load-balancer", carrier);
  const elb = new ElasticLoadBalancingV2Client({
    endpoint: sluice.url,
    region: "us-east-1",
    credentials: sluice.credentials,
  });
  const { TargetGroups = [] } = await elb.send(
    new CreateTargetGroupCommand({
      Name: "bench",
      Protocol: "HTTP",
      Port: 80,
      VpcId: "vpc-00000000000000001",
      TargetType: "ip",
    }),
  );
  const [{ TargetGroupArn } = {}] = TargetGroups;
  const Subnets = ["subnet-0000000000000000a", "subnet-0000000000000000b"];
  const { LoadBalancers = [] } = await elb.send(new CreateLoadBalancerCommand({ Name: "bench", Subnets }));
  const port = await freePort();
  await elb.send(
    new CreateListenerCommand({
      LoadBalancerArn: LoadBalancers[0]?.LoadBalancerArn,
      Protocol: "HTTP",
      Port: port,
      DefaultActions: [{ Type: "forward", TargetGroupArn }],
    }),
  );
  await elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: "127.0.0.1", Port: backendPort }] }));
  for (;;) {
    const { TargetHealthDescriptions = [] } = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
    if (TargetHealthDescriptions[0]?.TargetHealth?.State === "healthy") break;
    await pause(50);
  }
  elb.destroy();
  return { port, close: () => sluice.close() };
}

/** Asks over kept connections, one request after the other on each. */
async function requestsPerSecond(port: number): Promise<number> {
  const request = Buffer.from(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  let answers = 0;
  const sockets = Array.from({ length: connections }, () => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.on("connect", () => socket.write(request));
    socket.on("data", (chunk) => {
      // The body ends an answer, and its last byte is in no header.
      if (!chunk.toString("latin1").endsWith("hello\n")) return;
      answers += 1;
      socket.write(request);
    });
    socket.on("error", (error) => {
      throw error;
    });
    return socket;
  });
  await pause(roundMilliseconds / 6); // connections are made, code gets warm
  const [before, began] = [answers, performance.now()];
  await pause(roundMilliseconds);
  const rate = ((answers - before) * 1000) / (performance.now() - began);
  for (const socket of sockets) socket.destroy();
  return rate;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP
  server.close();
  await once(server, "close");
  return port;
}

async function end(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill();
  await gone;
}
