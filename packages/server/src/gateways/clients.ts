import type { ApplicationAutoScaling } from "@aws-sdk/client-application-auto-scaling";
import type { AutoScaling } from "@aws-sdk/client-auto-scaling";
import type { CloudWatch } from "@aws-sdk/client-cloudwatch";
import type { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import type { EC2, EC2ClientConfig } from "@aws-sdk/client-ec2";
import type { ECS } from "@aws-sdk/client-ecs";
import type { ElasticLoadBalancing } from "@aws-sdk/client-elastic-load-balancing";
import type { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { IAM } from "@aws-sdk/client-iam";
import type { Lambda } from "@aws-sdk/client-lambda";
import type { S3 } from "@aws-sdk/client-s3";
import type { SNS } from "@aws-sdk/client-sns";

/** How clients are made: which endpoint they call, and as whom. */
export type ClientConfig = Pick<EC2ClientConfig, "region" | "endpoint" | "credentials" | "maxAttempts">;

/** What all clients have in common. */
interface AnyClient {
  readonly middlewareStack: { add(middleware: never, options: never): void };
  destroy(): void;
}

/** Makes each attempt of a client's calls wait; nothing is between this step and the network but the signature. */
function waiting<Client extends AnyClient>(client: Client, beforeCalls: BeforeCalls | undefined): Client {
  if (beforeCalls === undefined) return client;
  const middleware = (next: (call: unknown) => Promise<unknown>) => async (call: unknown) => {
    await beforeCalls();
    return next(call);
  };
  const options = { step: "finalizeRequest", priority: "low", name: "beforeCalls" };
  client.middlewareStack.add(middleware as never, options as never); // each service has its own type of the same step
  return client;
}

/** One client for each service, loaded when it is first needed: together they take some 200 MB. */
export interface Clients {
  applicationAutoScaling(): Promise<ApplicationAutoScaling>;
  autoScaling(): Promise<AutoScaling>;
  classicLoadBalancing(): Promise<ElasticLoadBalancing>;
  cloudWatch(): Promise<CloudWatch>;
  cloudWatchLogs(): Promise<CloudWatchLogs>;
  ec2(): Promise<EC2>;
  ecs(): Promise<ECS>;
  iam(): Promise<IAM>;
  lambda(): Promise<Lambda>;
  loadBalancing(): Promise<ElasticLoadBalancingV2>;
  s3(): Promise<S3>;
  sns(): Promise<SNS>;
  close(): Promise<void>;
}

/** What a call waits for before it goes out; throws when it may not go out any more. Returns undefined when it need not wait. */
export type BeforeCalls = () => Promise<void> | undefined;

/** Returns the clients that act for one identity. */
export function openClients(config: () => ClientConfig, beforeCalls?: BeforeCalls): Clients {
  const opened: Promise<{ destroy(): void }>[] = [];
  const once = <Client extends AnyClient>(make: () => Promise<Client>) => {
    let client: Promise<Client> | undefined;
    return () => {
      if (client === undefined) opened.push((client = make().then((made) => waiting(made, beforeCalls))));
      return client;
    };
  };
  return {
    applicationAutoScaling: once(
      async () => new (await import("@aws-sdk/client-application-auto-scaling")).ApplicationAutoScaling(config()),
    ),
    autoScaling: once(async () => new (await import("@aws-sdk/client-auto-scaling")).AutoScaling(config())),
    classicLoadBalancing: once(
      async () => new (await import("@aws-sdk/client-elastic-load-balancing")).ElasticLoadBalancing(config()),
    ),
    cloudWatch: once(async () => new (await import("@aws-sdk/client-cloudwatch")).CloudWatch(config())),
    cloudWatchLogs: once(async () => new (await import("@aws-sdk/client-cloudwatch-logs")).CloudWatchLogs(config())),
    ec2: once(async () => new (await import("@aws-sdk/client-ec2")).EC2(config())),
    ecs: once(async () => new (await import("@aws-sdk/client-ecs")).ECS(config())),
    iam: once(async () => new (await import("@aws-sdk/client-iam")).IAM(config())),
    lambda: once(async () => new (await import("@aws-sdk/client-lambda")).Lambda(config())),
    loadBalancing: once(
      async () => new (await import("@aws-sdk/client-elastic-load-balancing-v2")).ElasticLoadBalancingV2(config()),
    ),
    s3: once(async () => {
      const { S3: Client } = await import("@aws-sdk/client-s3");
      const settings = config();
      // An endpoint of our own has no host names for buckets.
      return new Client({ ...settings, forcePathStyle: settings.endpoint !== undefined });
    }),
    sns: once(async () => new (await import("@aws-sdk/client-sns")).SNS(config())),
    async close() {
      for (const client of await Promise.all(opened)) client.destroy();
    },
  };
}
