import type { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { EC2Client, EC2ClientConfig } from "@aws-sdk/client-ec2";
import type { ElasticLoadBalancingClient } from "@aws-sdk/client-elastic-load-balancing";
import type { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { S3Client } from "@aws-sdk/client-s3";
import type { SNSClient } from "@aws-sdk/client-sns";

/** How clients are made: where they call, and as whom. */
export type ClientConfig = Pick<EC2ClientConfig, "region" | "endpoint" | "credentials" | "maxAttempts">;

/** One client a service, each loaded when it is first needed: together they take some 200 MB. */
export interface Clients {
  ec2(): Promise<EC2Client>;
  scaling(): Promise<AutoScalingClient>;
  balancing(): Promise<ElasticLoadBalancingV2Client>;
  classic(): Promise<ElasticLoadBalancingClient>;
  notifications(): Promise<SNSClient>;
  alarms(): Promise<CloudWatchClient>;
  functions(): Promise<LambdaClient>;
  storage(): Promise<S3Client>;
  close(): Promise<void>;
}

/** The clients that act for one identity. */
export function openClients(config: () => ClientConfig): Clients {
  const opened: Promise<{ destroy(): void }>[] = [];
  const once = <Client extends { destroy(): void }>(make: () => Promise<Client>) => {
    let client: Promise<Client> | undefined;
    return () => {
      if (client === undefined) opened.push((client = make()));
      return client;
    };
  };
  return {
    ec2: once(async () => new (await import("@aws-sdk/client-ec2")).EC2Client(config())),
    scaling: once(async () => new (await import("@aws-sdk/client-auto-scaling")).AutoScalingClient(config())),
    balancing: once(
      async () =>
        new (await import("@aws-sdk/client-elastic-load-balancing-v2")).ElasticLoadBalancingV2Client(config()),
    ),
    classic: once(
      async () => new (await import("@aws-sdk/client-elastic-load-balancing")).ElasticLoadBalancingClient(config()),
    ),
    notifications: once(async () => new (await import("@aws-sdk/client-sns")).SNSClient(config())),
    alarms: once(async () => new (await import("@aws-sdk/client-cloudwatch")).CloudWatchClient(config())),
    functions: once(async () => new (await import("@aws-sdk/client-lambda")).LambdaClient(config())),
    storage: once(async () => {
      const { S3Client: Client } = await import("@aws-sdk/client-s3");
      const settings = config();
      // At an endpoint of our own there are no host names for buckets.
      return new Client({ ...settings, forcePathStyle: settings.endpoint !== undefined });
    }),
    async close() {
      for (const client of await Promise.all(opened)) client.destroy();
    },
  };
}
