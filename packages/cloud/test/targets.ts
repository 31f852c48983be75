import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTcpServer, type AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  type CreateTargetGroupCommandInput,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { type LocalCloud } from "./local-cloud.ts";
import { eventually } from "../../../test/support/eventually.ts";

/** A real HTTP server that stands behind a load balancer. */
export interface Backend {
  readonly server: Server;
  readonly port: number;
  /** As the API names it. */
  readonly target: { readonly Id: string; readonly Port: number };
  close(): Promise<void>;
}

/** Starts a backend on a free port, or on one that it had before. */
export async function openBackend(test: TestContext, listener: RequestListener, port = 0): Promise<Backend> {
  const server = createServer(listener).listen(port, "127.0.0.1");
  await once(server, "listening");
  const found = (server.address() as AddressInfo).port; // it listens on TCP
  const close = async () => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  test.after(close);
  return { server, port: found, target: { Id: "127.0.0.1", Port: found }, close };
}

/** A port that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP
  server.close();
  await once(server, "close");
  return port;
}

const subnets = ["subnet-0000000000000000a", "subnet-0000000000000000b"];

/** A load balancer with one listener that forwards to one target group. */
export interface Balanced {
  readonly elb: ElasticLoadBalancingV2Client;
  readonly group: string;
  readonly loadBalancer: string;
  readonly listener: string;
  readonly hostname: string;
  readonly port: number;
  readonly url: string;
  /** State and reason of each target, such as `healthy` or `draining Target.DeregistrationInProgress`. */
  readonly states: () => Promise<readonly string[]>;
  /** Registers targets and waits until all that are registered are healthy. */
  readonly join: (...backends: readonly Pick<Backend, "target">[]) => Promise<void>;
}

/** Opens a load balancer of a local cloud; its targets are addresses of this machine. */
export async function openBalanced(
  test: TestContext,
  cloud: LocalCloud,
  settings: Partial<CreateTargetGroupCommandInput> & {
    readonly name?: string;
    readonly type?: "application" | "network";
  } = {},
): Promise<Balanced> {
  const { name = "web", type = "application", ...group } = settings;
  const elb = new ElasticLoadBalancingV2Client(cloud.client);
  test.after(() => elb.destroy());
  const Protocol = type === "application" ? "HTTP" : "TCP";
  const made = await elb.send(
    new CreateTargetGroupCommand({
      Name: name,
      Protocol,
      Port: 8080,
      VpcId: "vpc-00000000000000001",
      TargetType: "ip",
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 2,
      HealthyThresholdCount: 2,
      ...group,
    }),
  );
  const TargetGroupArn = made.TargetGroups?.[0]?.TargetGroupArn ?? "";
  const { LoadBalancers = [] } = await elb.send(
    new CreateLoadBalancerCommand({ Name: name, Subnets: subnets, Type: type }),
  );
  const { LoadBalancerArn, DNSName = "" } = LoadBalancers[0] ?? {};
  const port = await freePort();
  const { Listeners = [] } = await elb.send(
    new CreateListenerCommand({
      LoadBalancerArn,
      Protocol,
      Port: port,
      DefaultActions: [{ Type: "forward", TargetGroupArn }],
    }),
  );
  const states = async () => {
    const { TargetHealthDescriptions = [] } = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
    return TargetHealthDescriptions.map(({ TargetHealth: { State, Reason } = {} }) =>
      [State, Reason].filter(Boolean).join(" "),
    );
  };
  return {
    elb,
    group: TargetGroupArn,
    loadBalancer: LoadBalancerArn ?? "",
    listener: Listeners[0]?.ListenerArn ?? "",
    hostname: DNSName,
    port,
    url: `http://127.0.0.1:${port}/`,
    states,
    async join(...backends) {
      await elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: backends.map(({ target }) => target) }));
      await eventually("all targets are healthy", async () =>
        (await states()).every((state) => state === "healthy") ? true : undefined,
      );
    },
  };
}
